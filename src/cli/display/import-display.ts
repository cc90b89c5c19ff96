/** Displays the progress of an import in a terminal: one line, redrawn in place. */
import { createLogUpdate } from 'log-update';
import type { ImportProgress } from '../../datasets/import/options.ts';
import { count, cut, duration } from './format.ts';
import type { Screen } from './terminal.ts';

export class ImportDisplay {
  readonly #screen: Screen;
  readonly #live: ReturnType<typeof createLogUpdate>;

  constructor(screen: Screen) {
    this.#screen = screen;
    this.#live = createLogUpdate(screen);
  }

  show(progress: ImportProgress, elapsedMs: number): void {
    this.#live(
      cut(progressText(progress, elapsedMs), Math.max(20, this.#screen.columns || 80) - 1),
    );
  }

  clear(): void {
    this.#live.clear();
    this.#live.done();
  }
}

/** `reading · 12,300 samples · 2.1 s · Ctrl-C cancels`. */
export function progressText({ phase, samples, of }: ImportProgress, elapsedMs: number): string {
  const done = samples.toLocaleString('en');
  const amount =
    of === null || phase === 'sorting'
      ? `${done} ${count(samples, 'sample').replace(/^\d+ /, '')}`
      : `${done} of ${of.toLocaleString('en')} samples`;
  return `${phase} · ${amount} · ${duration(elapsedMs)} · Ctrl-C cancels`;
}
