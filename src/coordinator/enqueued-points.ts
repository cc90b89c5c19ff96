/**
 * Points that people and other programs want tried: `galapagos enqueue`, the window, and Optuna's
 * `enqueue_trial`. Completes a point of which some parameters are given.
 */
import { InvalidInput, problemText } from '../core/errors.ts';
import { PURPOSE, Stream } from '../core/random.ts';
import type { Study } from '../core/scheduling/index.ts';
import { axesOf } from '../core/search-space/axis.ts';
import { completeParams } from '../core/search-space/complete-params.ts';
import type { RefusedPoint } from '../core/search-space/enqueued-problems.ts';
import type { EncodedParams, Params } from '../core/search-space/distribution.ts';
import { encodeParams } from '../core/search-space/params.ts';
import { limitedSpace } from '../core/search-space/reduced-space.ts';
import { params as paramsSchema } from '../protocol/best-configs.ts';
import { parse } from '../protocol/problems.ts';
import { StorageError } from '../storage/errors.ts';
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
  const { searchSpace, only, seed } = study.spec;
  const axes = axesOf(searchSpace);
  const limited = axesOf(limitedSpace(searchSpace, only));
  const { columns, sampler } = study;
  let point: EncodedParams | null = null;
  for (let ordinal = 0; ordinal < DRAWS; ordinal++) {
    const position = { purpose: PURPOSE.enqueued, trial: columns.size + 1, ordinal };
    const params = completeParams(limited, given, new Stream(seed, position));
    const allowed = encodeParams(limited, params);
    // Choices are numbered in the whole space.
    const encoded = allowed.ok ? encodeParams(axes, params) : allowed;
    if (!encoded.ok) throw new InvalidInput('the enqueued point', encoded.problems);
    point ??= encoded.params;
    if (sampler.repeats || columns.find(encoded.params) === null) return encoded.params;
  }
  if (point === null) throw new RangeError('no point was drawn');
  return point;
}

/** Called once for each refused point, after the refusal is durable. */
type OnRefused = (study: string, refused: RefusedPoint) => void;

/** A trial that another program enqueued, as its study tries it. */
export interface EnqueuedPoint {
  readonly params: EncodedParams;
  /** Its row. */
  readonly claims: number;
}

/**
 * Trials that other programs enqueued in the lab file. Each waits until its study runs and is below
 * its limit. One that its study cannot try ends as failed, with the reason.
 */
export class EnqueuedPoints {
  readonly #storage: LabStorage;
  readonly #studies: ReadonlyMap<string, Study>;
  readonly #onRefused: OnRefused;
  #waiting: readonly EnqueuedElsewhere[] = [];

  constructor(
    storage: LabStorage,
    studies: ReadonlyMap<string, Study>,
    onRefused: OnRefused = () => undefined,
  ) {
    this.#storage = storage;
    this.#studies = studies;
    this.#onRefused = onRefused;
  }

  /**
   * Reads them again, and returns the studies for which trials wait. If the file cannot be read,
   * the ones found before wait on: the next commit reports what is wrong with the file.
   */
  refresh(): ReadonlySet<string> {
    try {
      this.#waiting = this.#storage.enqueuedElsewhere() ?? this.#waiting;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
    }
    return new Set(this.#waiting.map(({ study }) => study));
  }

  /**
   * Takes the first trial that waits for the study; null: there is none, or the study cannot try it
   * now. @throws StorageError that no retry can fix
   */
  next(uid: string): EnqueuedPoint | null {
    const study = this.#studies.get(uid);
    if (study?.state !== 'running' || study.deleted || study.columns.size >= study.limit)
      return null;
    for (const trial of this.#waiting.filter((waiting) => waiting.study === uid)) {
      const point = pointOrReason(study, trial.params);
      if (typeof point === 'string') this.#refuse(trial, point);
      else {
        this.#drop(trial);
        return { params: point, claims: trial.row };
      }
    }
    return null;
  }

  #refuse(trial: EnqueuedElsewhere, reason: string): void {
    try {
      this.#storage.refuseEnqueued(trial.row, reason);
    } catch (error) {
      if (!isTemporary(error)) throw error;
      return;
    }
    this.#drop(trial);
    this.#onRefused(trial.study, { point: JSON.stringify(trial.params ?? {}), reason });
  }

  #drop(trial: EnqueuedElsewhere): void {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== trial);
  }
}

/** The point that the study tries, or the reason why it cannot. */
function pointOrReason(study: Study, params: unknown): EncodedParams | string {
  if (study.sampler.partOf !== undefined)
    return `${study.sampler.name} chooses each of its trials itself`;
  try {
    const point = pointFor(study, parse(paramsSchema, params, 'fixed_params'));
    const twin = study.sampler.repeats ? null : study.columns.find(point);
    return twin === null ? point : `trial ${twin} has the same parameters`;
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    return error.problems.map(problemText).join('; ');
  }
}
