/** Entry of the window: creates the state and mounts the frame. */
import { mount } from 'svelte';
import { hostBridge } from './bridge/host.ts';
import { Client, onFrame, onWake } from './client.ts';
import Window from './frame/Window.svelte';
import { App } from './state/app.svelte.ts';
import { Connection } from './state/connection.svelte.ts';
import { KeptSelection } from './state/kept-selection.ts';
import { Preferences } from './state/preferences.svelte.ts';
import { Route, windowAddress } from './state/route.svelte.ts';
import { applyTheme, themeOf } from './state/theme.ts';
import './style.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no element with id "app"');

const connection = new Connection();
const client = new Client(hostBridge(), onFrame, (state) => connection.changed(state, Date.now()));
onWake(() => client.refresh());
const preferences = new Preferences(localStorage);
applyTheme(themeOf(preferences.get('theme', 'system')));
const app = new App(
  client,
  new Route(windowAddress(window), localStorage),
  connection,
  preferences,
  new KeptSelection(sessionStorage),
);
mount(Window, { target, props: { app } });
