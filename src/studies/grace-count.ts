/** Counts the outcomes of trials that were running when their study was paused or stopped. */
import type { Change } from '../core/scheduling/index.ts';

export interface Settled {
  /** Running trials that ended within the grace period. */
  readonly finished: number;
  /** Running trials that were returned to waiting, free of charge. */
  readonly returned: number;
}

export class GraceCount {
  #settled: Settled | null = null;
  #counting = false;

  /** Counts of the latest pause or stop; null: none yet, or the study runs again. */
  get settled(): Settled | null {
    return this.#settled;
  }

  /** @param change of one study, in the scheduler's order */
  observe(change: Change): void {
    if (change.kind === 'study') this.#moved(change.state);
    else if (!this.#counting || this.#settled === null) return;
    else if (change.kind === 'trialEnded' && change.attempt !== null)
      this.#settled = { ...this.#settled, finished: this.#settled.finished + 1 };
    // A trial that pauses at a rung has ended its part.
    else if (change.kind === 'trialBack' && change.outcome !== 'paused')
      this.#settled = { ...this.#settled, returned: this.#settled.returned + 1 };
  }

  #moved(state: Extract<Change, { kind: 'study' }>['state']): void {
    const begins = state === 'pausing' || state === 'ending';
    if (begins && !this.#counting) this.#settled = { finished: 0, returned: 0 };
    if (state === 'running') this.#settled = null;
    this.#counting = begins;
  }
}
