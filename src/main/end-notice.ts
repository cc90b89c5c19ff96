/** A notification when a study ends while nobody looks. */
import { Notification } from 'electron';
import type { RunningStudy } from '../endpoints/application.ts';
import { text } from './text.ts';

/**
 * @param looking whether a person has the window before them. @returns what is told of the studies
 *   that run, each time they change
 */
export function setupEndNotice(
  looking: () => boolean,
  show: () => void,
): (running: readonly RunningStudy[]) => void {
  let before: readonly RunningStudy[] = [];
  return (running) => {
    const still = new Set(running.map(({ key }) => key));
    const ended = before.filter(({ key }) => !still.has(key));
    before = running;
    if (looking() || !Notification.isSupported()) return;
    for (const { name, ended: trials, trials: of } of ended) {
      const notice = new Notification({
        title: text.ended(name),
        body: text.progress(name, trials, of),
      });
      notice.on('click', show);
      notice.show();
    }
  };
}
