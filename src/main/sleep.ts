/** Prevents the machine from sleeping while a study runs; the display may turn off. */
import { powerSaveBlocker } from 'electron';
import type { RunningStudy } from '../endpoints/application.ts';

/** @returns a listener, to be called with the running studies whenever they change */
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
