/**
 * The views behind the tabs, the pages beside studies and the drawing of the strip, loaded when
 * they are first shown, so that the first script stays small. What is not here is not offered.
 */
import type { Component } from 'svelte';
import type { Place, Tab } from '../state/route.ts';

type Loader = () => Promise<{ default: Component }>;

/**
 * A view takes no properties: it reads what it shows from `getApp()`. Its switches go into the tab
 * bar through `shared/TabTools.svelte`.
 */
export const views: Readonly<Partial<Record<Tab, Loader>>> = {
  evolution: () => import('./evolution/Evolution.svelte'),
  space: () => import('./space/Space.svelte'),
  curves: () => import('./curves/Curves.svelte'),
  trials: () => import('./trials/Trials.svelte'),
  lab: () => import('./lab/Lab.svelte'),
};

/** The whole right of the window, beside the rail. */
export const pages: Readonly<Partial<Record<Exclude<Place['page'], 'study' | 'start'>, Loader>>> = {
  compare: () => import('./compare/Compare.svelte'),
  new: () => import('./set-up/SetUp.svelte'),
  datasets: () => import('./datasets/Datasets.svelte'),
  import: () => import('./datasets/Import.svelte'),
  machines: () => import('./machines/Machines.svelte'),
  settings: () => import('./settings/Settings.svelte'),
};

/** What ran where, small: below every view but the lab's. */
export const timeline: Loader | null = () => import('./strip/Strip.svelte');
