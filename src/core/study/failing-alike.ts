/**
 * Recognises that the fault is the objective's and not that of parameters: the first trials of a
 * study all crash, with the same error but for its numbers, or all end their workers in the same
 * way. Pure.
 */
import type { Change } from '../scheduling/index.ts';

/** Number of first trials that are compared. */
const FIRST = 5;

/** Beginning of the reason for which such a study is paused; the error follows. */
export const FAILED_ALIKE = `the first ${FIRST} trials failed alike: `;

/** Numbers, with which errors of one cause may differ. */
const NUMBER = /[-+]?(0x[0-9a-f]+|\d+(\.\d+)?(e[-+]?\d+)?)/gi;

/** Observes the trials of one study. */
export class FailingAlike {
  /** Without its numbers; null: none yet. */
  #error: string | null = null;
  #count = 0;

  /** @returns why the study is to pause; null: it is not, or that was said before */
  observe(change: Extract<Change, { kind: 'trialEnded' }>): string | null {
    // Ones that ended in an earlier process are not known here.
    if (change.finishSeq !== this.#count || change.outcome !== 'crashed') return null;
    const first = firstLine(change.detail ?? '');
    const error = first.replaceAll(NUMBER, '0');
    if (error === '' || (this.#error !== null && this.#error !== error)) return null;
    this.#error = error;
    this.#count += 1;
    return this.#count === FIRST ? FAILED_ALIKE + first : null;
  }
}

function firstLine(text: string): string {
  return (text.trimStart().split('\n', 1)[0] ?? '').trim();
}
