/**
 * Detects studies that have just ended, for a notification while the window is in the background.
 */
import { STOPPED_BY_USER } from '../../core/study/stopped.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import { valueWithSplit } from '../format.ts';
import { text } from '../text.ts';
import { endedOf } from './counts.ts';

export class EndNotice {
  #before: ReadonlyMap<string, StudyRow['state']> = new Map();

  /** @returns studies that ran at the last call and have ended without the user since */
  hear(rows: readonly StudyRow[]): readonly StudyRow[] {
    const before = this.#before;
    this.#before = new Map(rows.map(({ key, state }) => [key, state]));
    return rows.filter(({ key, state, reason }) => {
      const was = before.get(key);
      const ended = state === 'finished' && (was === 'running' || was === 'ending');
      return ended && reason !== STOPPED_BY_USER;
    });
  }
}

/** Shows a browser notification if allowed; a window with the focus shows the end itself. */
export function notifyOfEnd(row: StudyRow, open: () => void): void {
  if (document.hasFocus() || !canNotify() || Notification.permission !== 'granted') return;
  const best = row.best === null ? null : valueWithSplit(row.best.value, row);
  const body = text.settings.endedBody({ ended: endedOf(row.counts), best });
  const notice = new Notification(text.settings.ended({ name: row.name }), { body });
  notice.addEventListener('click', () => {
    window.focus();
    open();
    notice.close();
  });
}

/** Returns whether this browser has notifications; pages of insecure addresses have none. */
export function canNotify(): boolean {
  return 'Notification' in window;
}
