/** Selects the bridge to the host: the preload's in Electron, otherwise the browser's. */
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
