/**
 * Avoids duplicate points: repeats a sampler's draw while its point equals that of a trial with a
 * smaller number, ended or not; then draws uniformly; then, in a small finite space, takes the
 * first unused point in order. The work per proposal is bounded.
 */
import { PURPOSE, Stream } from '../random.ts';
import type { Axis } from '../search-space/axis.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { keyText } from '../search-space/duplicate-key.ts';
import { Enumeration } from '../search-space/enumeration.ts';
import type { HistoryView } from '../study/history.ts';
import type { Proposal } from './sampler.ts';
import { uniformPoint } from './uniform-point.ts';

/** Number of draws by the sampler itself: the first one and 30 retries. */
const OWN_DRAWS = 31;
const UNIFORM_DRAWS = 100;
/** Maximum size of a finite space that is searched for an unused point. */
const LARGEST_LISTED = 10_000;

/**
 * Draws a point for a trial number; `retry` counts from 0. Null if the sampler has no further
 * draws.
 */
export type Draw = (number: number, retry: number) => Proposal | null;

export class Distinct {
  readonly #axes: readonly Axis[];
  readonly #seed: number;
  readonly #ownDraws: number;
  readonly #points: Enumeration;

  /** @param ownDraws maximum number of draws by the sampler itself, the first one included */
  constructor(axes: readonly Axis[], seed: number, ownDraws = OWN_DRAWS) {
    this.#axes = axes;
    this.#seed = seed;
    this.#ownDraws = ownDraws;
    this.#points = new Enumeration(axes);
  }

  /**
   * Returns proposals for the numbers first … first + count − 1; fewer when the space is exhausted.
   * @param generationOf generation of a number whose point was not made by `draw`
   */
  propose(
    first: number,
    count: number,
    history: HistoryView,
    draw: Draw,
    generationOf: (number: number) => number = () => 0,
  ): readonly Proposal[] {
    const proposals: Proposal[] = [];
    const earlier = new Set<string>();
    for (let number = first; number < first + count; number++) {
      const taken = (params: EncodedParams): boolean =>
        (earlier.size > 0 && earlier.has(keyText(this.#axes, params))) ||
        history.has(params, number);
      const proposal = this.one(number, taken, draw, generationOf(number));
      if (proposal === null) break;
      proposals.push(proposal);
      if (count > 1) earlier.add(keyText(this.#axes, proposal.params));
    }
    return proposals;
  }

  /**
   * Returns one proposal; null when the space is exhausted.
   * @param generation of a point that was not made by `draw`
   */
  one(
    number: number,
    taken: (params: EncodedParams) => boolean,
    draw: Draw,
    generation = 0,
  ): Proposal | null {
    for (let retry = 0; retry < this.#ownDraws; retry++) {
      const proposal = draw(number, retry);
      if (proposal === null) break;
      if (!taken(proposal.params)) return proposal;
    }
    for (let ordinal = 0; ordinal < UNIFORM_DRAWS; ordinal++) {
      const params = uniformPoint(
        this.#axes,
        new Stream(this.#seed, { purpose: PURPOSE.distinct, trial: number + 1, ordinal }),
      );
      if (!taken(params))
        return { params, origin: { operator: 'uniform', parents: [], generation } };
    }
    if (this.#points.size > LARGEST_LISTED) return null;
    for (let i = 0; i < this.#points.size; i++) {
      const params = this.#points.at(i);
      if (!taken(params))
        return { params, origin: { operator: 'first-unused', parents: [], generation } };
    }
    return null;
  }
}
