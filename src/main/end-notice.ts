/** Shows a desktop notification when a study ends while the window is in the background. */
import { Notification } from 'electron';
import type { RunningStudy } from '../endpoints/application.ts';
import { text } from './text.ts';

/**
 * @param looking returns whether the window has the focus; no notification is shown then
 * @returns a listener, to be called with the running studies whenever they change
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
