/**
 * Candidates drawn from the good density of a group, ranked by the ratio of good to bad density.
 * The bad density, which is expensive, is computed only for candidates that may be next.
 */
import { at } from '../../at.ts';
import type { Stream } from '../../random.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import type { Densities } from './densities.ts';

/** Number of candidates per proposal and group. */
export const CANDIDATES = 24;

interface Candidate {
  readonly params: EncodedParams;
  readonly logGood: number;
  /** Logarithm of the ratio of the densities; an upper bound of it while it is not exact. */
  score: number;
  isExact: boolean;
}

export class RankedCandidates {
  readonly #bad: Densities['bad'];
  readonly #ranked: EncodedParams[] = [];
  /** Candidates not yet ranked, in order of drawing. */
  readonly #rest: Candidate[];

  /** @param dimensions number of parameters of the space */
  constructor(dimensions: number, { good, bad }: Densities, stream: Stream) {
    this.#bad = bad;
    const drawn = Array.from({ length: CANDIDATES }, () => {
      const params = new Float64Array(dimensions).fill(NaN);
      good.draw(stream, params);
      return params;
    });
    this.#rest = drawn.map((params) => {
      const logGood = good.logDensity(params);
      return { params, logGood, score: logGood - bad.logBound(params), isExact: false };
    });
  }

  /** Returns the candidate of a rank, 0 ≤ rank < `CANDIDATES`; ties go to the one drawn first. */
  at(rank: number): EncodedParams {
    while (this.#ranked.length <= rank) this.#ranked.push(this.#next());
    return at(this.#ranked, rank);
  }

  #next(): EncodedParams {
    for (;;) {
      let place = 0;
      for (let i = 1; i < this.#rest.length; i++)
        if (at(this.#rest, i).score > at(this.#rest, place).score) place = i;
      const first = at(this.#rest, place);
      if (first.isExact) {
        this.#rest.splice(place, 1);
        return first.params;
      }
      first.score = first.logGood - this.#bad.logDensity(first.params);
      first.isExact = true;
    }
  }
}
