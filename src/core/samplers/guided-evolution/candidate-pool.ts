/**
 * Candidates for one ask, each predicted once. Points of trials and of earlier candidates are left
 * out.
 */
import type { Axis } from '../../search-space/axis.ts';
import type { EncodedParams } from '../../search-space/distribution.ts';
import { at } from '../../at.ts';
import { DuplicateSet } from '../../study/duplicate-set.ts';
import { logExpectedImprovement } from '../expected-improvement.ts';
import type { Proposal } from '../sampler.ts';
import type { Coordinates } from './coordinates.ts';
import type { Posterior } from './posterior.ts';

export interface Candidate extends Proposal {
  readonly mean: number;
  readonly sd: number;
  /** Logarithm of the expected improvement, on the scale of the model. */
  readonly score: number;
}

export class CandidatePool {
  /** Number of candidates ever added. */
  considered = 0;
  readonly #coordinates: Coordinates;
  readonly #posterior: Posterior;
  readonly #best: number;
  readonly #isTaken: (params: EncodedParams) => boolean;
  readonly #points: EncodedParams[] = [];
  readonly #known: DuplicateSet;
  #candidates: Candidate[] = [];

  /** @param best value that an improvement is measured from */
  constructor(
    axes: readonly Axis[],
    coordinates: Coordinates,
    posterior: Posterior,
    best: number,
    isTaken: (params: EncodedParams) => boolean,
  ) {
    this.#coordinates = coordinates;
    this.#posterior = posterior;
    this.#best = best;
    this.#isTaken = isTaken;
    this.#known = new DuplicateSet(axes, (number) => at(this.#points, number), true);
  }

  /** Adds the new ones of some proposals; returns whether there were any. */
  add(proposals: readonly Proposal[]): boolean {
    const fresh = proposals.filter(({ params }) => {
      if (this.#known.find(params) !== null || this.#isTaken(params)) return false;
      this.#points.push(params);
      this.#known.add(this.#points.length - 1, params);
      return true;
    });
    if (fresh.length === 0) return false;
    this.considered += fresh.length;
    const { means, sds } = this.#posterior.predict(
      this.#coordinates.rows(fresh.map(({ params }) => params)),
    );
    for (const [i, proposal] of fresh.entries()) {
      const mean = at(means, i);
      const sd = at(sds, i);
      const score = logExpectedImprovement(mean, sd, this.#best);
      this.#candidates.push({ ...proposal, mean, sd, score });
    }
    return true;
  }

  /** Keeps the `count` candidates of highest score, best first, and returns them. */
  keepBest(count: number): readonly Candidate[] {
    this.#candidates = this.#candidates.toSorted((a, b) => b.score - a.score).slice(0, count);
    return this.#candidates;
  }

  /** The candidate of highest score, the first of equals; null if there is none. */
  best(): Candidate | null {
    let best: Candidate | null = null;
    for (const candidate of this.#candidates)
      if (best === null || candidate.score > best.score) best = candidate;
    return best;
  }
}
