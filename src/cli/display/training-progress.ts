/**
 * Progress of a training in this process: one redrawn line in a terminal, one line for each epoch
 * elsewhere, nothing with JSON.
 */
import { createLogUpdate } from 'log-update';
import { cut, duration, score } from './format.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import type { Screen } from './terminal.ts';

export interface TrainingProgress {
  /** Steps done, of all. */
  step(step: number, steps: number): void;
  /** Number of finished epochs, and the score after them. */
  epoch(done: number, worth: number): void;
  /** Ends the display and removes the line. */
  end(): void;
}

export const silent: TrainingProgress = {
  step: () => undefined,
  epoch: () => undefined,
  end: () => undefined,
};

const REDRAW_EVERY_MS = 100;

/** @param now milliseconds of any monotonic clock */
export function trainingProgress(
  screen: Screen & { readonly isTTY?: boolean },
  what: string,
  kind: ScoreKind,
  now: () => number,
): TrainingProgress {
  const from = now();
  let worth = '';
  if (screen.isTTY !== true) {
    screen.write(`training ${what}\n`);
    return {
      ...silent,
      epoch: (done, reached) =>
        void screen.write(`  after epoch ${done}: ${score(reached, kind)}\n`),
    };
  }
  const live = createLogUpdate(screen);
  let drawn = -Infinity;
  return {
    step(step, steps) {
      const at = now();
      if (at - drawn < REDRAW_EVERY_MS) return;
      drawn = at;
      const left = step === 0 ? '–' : duration(((at - from) / step) * (steps - step));
      const share = `${Math.floor((100 * step) / Math.max(1, steps))} %`.padStart(5);
      live(
        cut(
          `training ${what} ${share} · ${left} left${worth} · Ctrl-C stops`,
          Math.max(20, screen.columns || 80) - 1,
        ),
      );
    },
    epoch(done, reached) {
      worth = ` · epoch ${done} ${score(reached, kind)}`;
    },
    end() {
      live.clear();
      live.done();
    },
  };
}
