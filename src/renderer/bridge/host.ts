/** What the window stands on: the preload's bridge where there is one, else the browser's own. */
import type { Bridge } from '../../protocol/endpoint.ts';
import { browserBridge } from './browser.ts';

declare global {
  interface Window {
    readonly galapagos?: Bridge<File>;
  }
}

export function hostBridge(): Bridge<File> {
  return window.galapagos ?? browserBridge(window.location);
}
