/**
 * Ends the app: the lab commits and closes, workers end, and only then the process. Where it was is
 * found again at the next start.
 */
import { app } from 'electron';

/**
 * Most milliseconds that closing may take; what is not committed then is as after a crash: nothing
 * finished is lost.
 */
const CLOSE_MS = 15_000;

export function setupQuit(close: () => Promise<void>): void {
  let closing = false;
  // On macOS an app stays, with its menu, when its window is closed.
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('will-quit', (event) => {
    event.preventDefault();
    if (closing) return;
    closing = true;
    let timer: NodeJS.Timeout | undefined = undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    const failed = (error: unknown): void =>
      console.error(error instanceof Error ? error.message : error);
    void Promise.race([close().catch(failed), limit]).then(() => {
      clearTimeout(timer);
      app.exit();
    });
  });
}
