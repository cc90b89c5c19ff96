/** The Pareto front of a run, folded from its events: its size, and the best of each objective. */
import { Front } from '../../core/study/front.ts';
import type { ObjectiveSpec } from '../../core/study/objectives.ts';
import type { BestTrial } from './run-display.ts';

/** Values of a trial by the names of the objectives. */
type Values = Readonly<Record<string, number>>;

export class FrontSoFar {
  readonly #objectives: readonly ObjectiveSpec[];
  readonly #front: Front;
  readonly #values = new Map<number, Values>();

  /** @param known members of the front before the run */
  constructor(
    objectives: readonly ObjectiveSpec[],
    known: readonly Pick<BestTrial, 'trial' | 'values'>[],
  ) {
    this.#objectives = objectives;
    this.#front = new Front(objectives.map(({ direction }) => direction));
    for (const { trial, values = {} } of known) this.offer(trial, values);
  }

  /** Adds a trial that satisfies every bound, unless another one dominates it. */
  offer(trial: number, values: Values): void {
    const listed = this.#objectives.map(({ metric }) => values[metric] ?? NaN);
    if (!this.#front.offer(trial, listed, 0)) return;
    this.#values.set(trial, values);
    const members = new Set(this.#front.numbers);
    for (const number of this.#values.keys()) if (!members.has(number)) this.#values.delete(number);
  }

  /** Number of trials on the front. */
  get size(): number {
    return this.#values.size;
  }

  /** Best value of each objective among them; empty: there are none. */
  get best(): Values {
    const members = [...this.#values.values()];
    if (members.length === 0) return {};
    return Object.fromEntries(
      this.#objectives.map(({ metric, direction }) => {
        const pick = direction === 'minimize' ? Math.min : Math.max;
        return [
          metric,
          members.map((values) => values[metric] ?? NaN).reduce((a, b) => pick(a, b)),
        ];
      }),
    );
  }
}
