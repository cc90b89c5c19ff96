/**
 * Pauses a study whose first trials all failed with the same error, instead of spending its whole
 * budget on it. Where the user resumes it all the same, it is not paused again.
 */
import type { Change } from '../core/scheduling/index.ts';
import { FailingAlike } from '../core/study/failing-alike.ts';

export class FailingStudies {
  readonly #observed = new Map<string, FailingAlike>();
  readonly #pause: (study: string, reason: string) => void;

  constructor(pause: (study: string, reason: string) => void) {
    this.#pause = pause;
  }

  changed(study: string, change: Change): void {
    if (change.kind !== 'trialEnded') return;
    const observed = this.#observed.get(study) ?? new FailingAlike();
    this.#observed.set(study, observed);
    const reason = observed.observe(change);
    if (reason !== null) this.#pause(study, reason);
  }
}
