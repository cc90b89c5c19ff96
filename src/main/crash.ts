/**
 * Reloads a window whose renderer process crashed. After more than `MOST` crashes within
 * `WITHIN_MS` it asks the user. Studies keep running meanwhile.
 */
import { dialog } from 'electron';
import type { BrowserWindow } from 'electron';
import { text } from './text.ts';

const MOST = 3;
const WITHIN_MS = 60_000;

export function setupCrashRecovery(
  window: BrowserWindow,
  load: () => void,
  now: () => number = Date.now,
): void {
  let crashes: number[] = [];
  window.webContents.on('render-process-gone', (_, { reason }) => {
    if (reason === 'clean-exit' || window.isDestroyed()) return;
    console.error(`the window's process is gone: ${reason}`);
    crashes = [...crashes.filter((at) => now() - at < WITHIN_MS), now()];
    if (crashes.length <= MOST) {
      load();
      return;
    }
    const options = {
      type: 'error' as const,
      message: text.crashed,
      detail: text.crashedHint,
      buttons: [text.again, text.quit],
      cancelId: 0,
    };
    void dialog.showMessageBox(options).then(({ response }) => {
      if (window.isDestroyed()) return;
      if (response === 1) window.close();
      else load();
    });
  });
}
