/** The views behind the tabs, loaded when they are first shown, so that the first script stays small. */
import type { Component } from 'svelte';
import type { Tab } from '../state/route.ts';

export type ViewLoader = () => Promise<{ default: Component }>;

/** A view takes no properties: it reads what it shows from `getApp()`. Its switches go into the tab bar through `shared/TabTools.svelte`. */
export const views: Readonly<Partial<Record<Tab, ViewLoader>>> = {};
