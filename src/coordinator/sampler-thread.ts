/**
 * The thread that proposes trials of one study for `thread-sampling.ts`. Keeps a copy of the
 * study's columns between requests. Entry of a worker thread: other files import its types only.
 */
import { createSampler } from '../core/samplers/create-sampler.ts';
import { proposalsFor } from '../core/scheduling/asking.ts';
import type { Ask, Proposals } from '../core/scheduling/asking.ts';
import type { Study } from '../core/scheduling/state.ts';
import type { ColumnIncrement } from '../core/study/column-increment.ts';
import { directionsOf } from '../core/study/objectives.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import { TrialColumns } from '../core/study/trial-columns.ts';
import { serveRequests } from '../runtime/serve-requests.ts';

export type SampledSpec = Pick<
  StudySpec,
  'sampler' | 'searchSpace' | 'direction' | 'objectives' | 'seed' | 'history'
>;

export interface SamplerRequest {
  /** The study, with an increment from the first trial; null: continues the copy. */
  readonly spec: SampledSpec | null;
  readonly increment: ColumnIncrement;
  /** Null: more increments follow before the ask. */
  readonly ask: Pick<Ask, 'first' | 'count' | 'historyLength'> | null;
}

let copy: Pick<Study, 'sampler' | 'columns'> | null = null;

serveRequests(({ spec, increment, ask }: SamplerRequest): Proposals => {
  if (spec !== null) {
    const { searchSpace, direction, seed, history } = spec;
    const sampler = createSampler(spec.sampler, searchSpace, direction, seed, history);
    copy = {
      sampler,
      columns: new TrialColumns(searchSpace, direction, sampler.window, directionsOf(spec)),
    };
  }
  if (copy === null) throw new Error('the first request names no study');
  copy.columns.apply(increment);
  return ask === null ? { trials: [] } : proposalsFor(copy, ask);
});
