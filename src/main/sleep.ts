/** Keeps the machine awake while a study runs; the screen may go dark. */
import { powerSaveBlocker } from 'electron';
import type { RunningStudy } from '../endpoints/application.ts';

/** @returns what is told of the studies that run, each time they change */
export function setupSleepBlock(): (running: readonly RunningStudy[]) => void {
  let blocker: number | null = null;
  return (running) => {
    if (running.length > 0) blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (blocker !== null) {
      powerSaveBlocker.stop(blocker);
      blocker = null;
    }
  };
}
