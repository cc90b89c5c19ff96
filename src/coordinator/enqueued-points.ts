/**
 * Points that people and other programs want tried: `galapagos enqueue`, the window, and Optuna's
 * `enqueue_trial`. Completes a point of which some parameters are given.
 */
import { InvalidInput, problemText } from '../core/errors.ts';
import { PURPOSE, Stream } from '../core/random.ts';
import type { Study } from '../core/scheduling/index.ts';
import { axesOf } from '../core/search-space/axis.ts';
import { completeParams } from '../core/search-space/complete-params.ts';
import type { EncodedParams, Params } from '../core/search-space/distribution.ts';
import { encodeParams } from '../core/search-space/params.ts';
import { params as paramsSchema } from '../protocol/best-configs.ts';
import { parse } from '../protocol/problems.ts';
import type { EnqueuedElsewhere, LabStorage } from '../storage/storage.ts';
import { isTemporary } from './group-commit.ts';

/** Number of draws of the missing parameters that are tried to avoid an earlier point. */
const DRAWS = 31;

/**
 * Returns the point that a study tries for the given parameters. Missing ones are drawn by the
 * study's seed and the number of its next trial.
 * @throws InvalidInput with every problem
 */
export function pointFor(study: Study, given: Params): EncodedParams {
  const { searchSpace, seed } = study.spec;
  const axes = axesOf(searchSpace);
  const { columns, sampler } = study;
  let point: EncodedParams | null = null;
  for (let ordinal = 0; ordinal < DRAWS; ordinal++) {
    const position = { purpose: PURPOSE.enqueued, trial: columns.size + 1, ordinal };
    const encoded = encodeParams(axes, completeParams(axes, given, new Stream(seed, position)));
    if (!encoded.ok) throw new InvalidInput('the enqueued point', encoded.problems);
    point ??= encoded.params;
    if (sampler.repeats || columns.find(encoded.params) === null) return encoded.params;
  }
  if (point === null) throw new RangeError('no point was drawn');
  return point;
}

/** Accepts a point; returns the refusal, or null. */
type Accept = (study: string, params: EncodedParams, claims: number) => { detail: string } | null;

/**
 * Trials that other programs enqueued in the lab file. Each waits until its study runs and is below
 * its limit. One that its study cannot try ends as failed, with the reason.
 */
export class EnqueuedPoints {
  readonly #storage: LabStorage;
  readonly #studies: ReadonlyMap<string, Study>;
  #waiting: readonly EnqueuedElsewhere[] = [];

  constructor(storage: LabStorage, studies: ReadonlyMap<string, Study>) {
    this.#storage = storage;
    this.#studies = studies;
  }

  /** @throws StorageError that no retry can fix */
  take(accept: Accept): void {
    try {
      this.#waiting = this.#storage.enqueuedElsewhere() ?? this.#waiting;
      this.#waiting = this.#waiting.filter((trial) => !this.#taken(trial, accept));
    } catch (error) {
      if (!isTemporary(error)) throw error;
    }
  }

  #taken({ row, study: uid, params }: EnqueuedElsewhere, accept: Accept): boolean {
    const study = this.#studies.get(uid);
    if (study?.state !== 'running' || study.deleted || study.columns.size >= study.limit)
      return false;
    try {
      const given = parse(paramsSchema, params, 'fixed_params');
      const refused = accept(uid, pointFor(study, given), row);
      if (refused !== null) this.#storage.refuseEnqueued(row, refused.detail);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      this.#storage.refuseEnqueued(row, error.problems.map(problemText).join('; '));
    }
    return true;
  }
}
