/**
 * Restricts every web page of the app to its own address: no navigation, no new windows, no web
 * views, no permissions.
 */
import { app, session } from 'electron';
import type { WebContents } from 'electron';
import { WINDOW_ORIGIN } from './window-protocol.ts';

/** Permissions that pages are granted: copying text only. */
const GRANTED: readonly string[] = ['clipboard-sanitized-write'];

/** Call before the first window is created. */
export function containWindows(): void {
  app.on('web-contents-created', (_, contents) => contain(contents));
}

/** Call once the app is ready. */
export function denyPermissions(): void {
  const { defaultSession } = session;
  defaultSession.setPermissionRequestHandler((_, permission, answer) =>
    answer(GRANTED.includes(permission)),
  );
  defaultSession.setPermissionCheckHandler(
    (_, permission, origin) => GRANTED.includes(permission) && origin.startsWith(WINDOW_ORIGIN),
  );
  defaultSession.setDevicePermissionHandler(() => false);
}

function contain(contents: WebContents): void {
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('will-navigate', (event) => {
    if (!isReload(contents, event.url)) event.preventDefault();
  });
  contents.on('will-redirect', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!event.isMainFrame || !isReload(contents, event.url)) event.preventDefault();
  });
}

/** Returns whether a navigation reloads the current page; the fragment after `#` may differ. */
function isReload(contents: WebContents, url: string): boolean {
  const here = contents.getURL().split('#')[0];
  return url.startsWith(`${WINDOW_ORIGIN}/`) && url.split('#')[0] === here;
}
