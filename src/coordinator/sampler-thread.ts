/**
 * The thread that proposes trials of one study for `thread-sampling.ts`. Keeps a copy of the
 * study's columns between requests. Entry of a worker thread: other files import its types only.
 */
import { samplerOf } from '../core/samplers/after-edit.ts';
import type { SampledSpec } from '../core/samplers/after-edit.ts';
import { proposalsFor } from '../core/scheduling/asking.ts';
import type { Ask, Proposals } from '../core/scheduling/asking.ts';
import type { Study } from '../core/scheduling/state.ts';
import type { ColumnIncrement } from '../core/study/column-increment.ts';
import { columnsFor } from '../core/study/columns-for.ts';
import { serveRequests } from '../runtime/serve-requests.ts';

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
    const sampler = samplerOf(spec);
    copy = { sampler, columns: columnsFor(spec, sampler) };
  }
  if (copy === null) throw new Error('the first request names no study');
  copy.columns.apply(increment);
  return ask === null ? { trials: [] } : proposalsFor(copy, ask);
});
