/**
 * Ended trials of a study that is being restored, as columns: objects of 100,000 trials that live
 * until all are read would be copied by the garbage collector again and again, which blocks the
 * event loop for tens of milliseconds.
 */
import { at } from '../at.ts';
import { Column } from '../study/column.ts';
import { endedStates, trialOutcomes } from '../study/row-codes.ts';
import type { StoredAttempt, StoredTrial } from './events.ts';
import type { Figures } from '../study/objectives.ts';
import type { EndedState } from './words.ts';

/** Fields of an ended trial needed until the study's columns contain them. */
export interface EndedTrial
  extends
    NonNullable<StoredTrial['end']>,
    Pick<StoredTrial, 'number' | 'attemptNumber' | 'unsettled'> {
  readonly state: EndedState;
  /** Value that samplers are told. */
  readonly told: number;
}

const SETTLED: readonly StoredAttempt[] = [];

export class EndedTrials {
  size = 0;
  readonly #numbers = new Column((length) => new Uint32Array(length));
  readonly #states = new Column((length) => new Uint8Array(length));
  readonly #outcomes = new Column((length) => new Uint8Array(length));
  readonly #values = new Column((length) => new Float64Array(length));
  readonly #told = new Column((length) => new Float64Array(length));
  readonly #finishes = new Column((length) => new Float64Array(length));
  readonly #attempts = new Column((length) => new Float64Array(length));
  /** By position, where the study lists objectives. */
  readonly #figures = new Map<number, Figures>();
  /** By position; few trials have any. */
  readonly #unsettled = new Map<number, readonly StoredAttempt[]>();
  #order: Uint32Array | null = null;

  add(trial: EndedTrial): void {
    const { number, state, outcome, value, told, finishSeq, figures, attemptNumber, unsettled } =
      trial;
    const i = this.size++;
    this.#order = null;
    this.#numbers.set(i, number);
    this.#states.set(i, endedStates.indexOf(state));
    this.#outcomes.set(i, trialOutcomes.indexOf(outcome));
    this.#values.set(i, value);
    this.#told.set(i, told);
    // Ends written by another program have no completion number yet and come last.
    this.#finishes.set(i, finishSeq < 0 ? Infinity : finishSeq);
    this.#attempts.set(i, attemptNumber);
    if (figures !== undefined) this.#figures.set(i, figures);
    if (unsettled.length > 0) this.#unsettled.set(i, unsettled);
  }

  /** In completion order, ties and trials without a completion number by number. */
  *[Symbol.iterator](): Generator<EndedTrial> {
    this.#order ??= this.#sorted();
    for (const i of this.#order) {
      const finishSeq = this.#finishes.get(i);
      const figures = this.#figures.get(i);
      yield {
        ...(figures === undefined ? {} : { figures }),
        number: this.#numbers.get(i),
        state: at(endedStates, this.#states.get(i)),
        outcome: at(trialOutcomes, this.#outcomes.get(i)),
        value: this.#values.get(i),
        told: this.#told.get(i),
        finishSeq: Number.isFinite(finishSeq) ? finishSeq : -1,
        attemptNumber: this.#attempts.get(i),
        unsettled: this.#unsettled.get(i) ?? SETTLED,
      };
    }
  }

  #sorted(): Uint32Array {
    const order = new Uint32Array(this.size);
    let inOrder = true;
    for (let i = 0; i < this.size; i++) {
      order[i] = i;
      inOrder &&= i === 0 || this.#compare(i - 1, i) < 0;
    }
    return inOrder ? order : order.sort((a, b) => this.#compare(a, b));
  }

  #compare(a: number, b: number): number {
    const [first, second] = [this.#finishes.get(a), this.#finishes.get(b)];
    return first === second ? this.#numbers.get(a) - this.#numbers.get(b) : first - second;
  }
}
