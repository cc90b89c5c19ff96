/**
 * Progress of the running studies as a fraction, as a sentence, and on the taskbar button.
 */
import type { BrowserWindow } from 'electron';
import type { RunningStudy } from '../endpoints/application.ts';
import { text } from './text.ts';

/** Electron's special values for no progress bar and for an indeterminate one. */
const NO_BAR = -1;
const ENDLESS = 2;

/**
 * Ended trials divided by all trials, from 0 to 1; null when a running study has no trial limit.
 */
export function fractionOf(running: readonly RunningStudy[]): number | null {
  let ended = 0;
  let of = 0;
  for (const study of running) {
    if (study.trials === null) return null;
    ended += Math.min(study.ended, study.trials);
    of += study.trials;
  }
  return of === 0 ? null : ended / of;
}

export function sentenceOf(running: readonly RunningStudy[]): string {
  const [first] = running;
  if (running.length === 1 && first !== undefined)
    return text.progress(first.name, first.ended, first.trials);
  return text.several(
    running.length,
    running.reduce((sum, { ended }) => sum + ended, 0),
  );
}

export function showProgress(window: BrowserWindow | null, running: readonly RunningStudy[]): void {
  window?.setProgressBar(running.length === 0 ? NO_BAR : (fractionOf(running) ?? ENDLESS));
}
