/**
 * Views of the tabs, pages beside the studies, and the drawing of the strip, loaded on first use so
 * that the initial script stays small. Pages that are not listed are not offered.
 */
import type { Component } from 'svelte';
import type { Place, Tab } from '../state/route.ts';

type Loader = () => Promise<{ default: Component }>;

/**
 * Views take no properties: they read the state from `getApp()`. Their switches are added to the
 * tab bar by `shared/TabTools.svelte`.
 */
export const views: Readonly<Partial<Record<Tab, Loader>>> = {
  evolution: () => import('./evolution/Evolution.svelte'),
  space: () => import('./space/Space.svelte'),
  curves: () => import('./curves/Curves.svelte'),
  trials: () => import('./trials/Trials.svelte'),
  lab: () => import('./lab/Lab.svelte'),
};

/** Pages that fill the window beside the rail. */
export const pages: Readonly<Partial<Record<Exclude<Place['page'], 'study' | 'start'>, Loader>>> = {
  compare: () => import('./compare/Compare.svelte'),
  new: () => import('./set-up/SetUp.svelte'),
  datasets: () => import('./datasets/Datasets.svelte'),
  import: () => import('./datasets/Import.svelte'),
  machines: () => import('./machines/Machines.svelte'),
  settings: () => import('./settings/Settings.svelte'),
};

/** Small timeline of attempts below every view except Lab. */
export const timeline: Loader | null = () => import('./strip/Strip.svelte');
