/**
 * Shuts the app down in order: the lab commits and closes, workers end, then the process exits. The
 * next start continues from the last commit.
 */
import { app } from 'electron';

/**
 * Maximum duration of closing, in milliseconds. After it the process exits as in a crash; finished
 * trials are already durable.
 */
const CLOSE_MS = 15_000;

export function setupQuit(close: () => Promise<void>): void {
  let closing = false;
  // On macOS an app keeps running after its windows are closed.
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
