/** Every time and count the scheduler goes by, in one object; milliseconds throughout. */
import { createSampler } from '../samplers/create-sampler.ts';
import type { Sampler } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { SlotName } from './words.ts';

export interface LabOptions {
  /** A session is over when nothing of it was heard for so long. */
  readonly leaseMs: number;
  /** How often a worker says that it lives. */
  readonly beatMs: number;
  /** A clock event later than this after its time means that we were stalled, not the workers. */
  readonly stallMs: number;
  /**
   * A task that its worker has not received by then, and in two beats, is lost with the session.
   */
  readonly taskMs: number;
  /**
   * How long attempts of before a restart may come back: of this machine's workers, which die with
   * their parent, and of others.
   */
  readonly adoptionLocalMs: number;
  readonly adoptionRemoteMs: number;
  /** Whether a slot's workers are children of this process. */
  readonly isLocal: (slot: SlotName) => boolean;
  /** Running trials' time to finish when a stop rule ends their study, or their slot is drained. */
  readonly graceMs: number;
  /**
   * Cohorts a ready worker may have outstanding: one runs, one waits so that the commit's latency
   * is hidden.
   */
  readonly credits: number;
  /**
   * A cohort waits behind a running one only while attempts are shorter than this: then it hides
   * the commit's latency. Behind a longer one it would keep a trial from a slot that is free
   * sooner, and its proposal from newer results.
   */
  readonly queueBelowMs: number;
  /** Trials so short that several fit into this time share a cohort (`short-trials.ts`), */
  readonly bundleMs: number;
  /** … so many at most. */
  readonly bundleAtMost: number;
  /** Most trials asked of a sampler at once. */
  readonly askAtMost: number;

  /** Crashes (and memory failures on one lane) that fail a trial. */
  readonly maxAttempts: number;
  /** Deaths of its worker, seen by the supervisor, that fail a trial as `deadly`. */
  readonly maxDeaths: number;
  /**
   * Losses to a worker that was silent while the trial ran that fail the trial as `silent`. Counted
   * in memory: a restart begins anew.
   */
  readonly maxSilences: number;
  /** From so many deaths on a trial waits before it starts again, and runs alone. */
  readonly deathsBeforeDelay: number;
  /** Memory failures caused by others that fail a trial. */
  readonly maxNeighbourFailures: number;
  readonly crashDelayMs: number;
  readonly deathDelayMs: number;
  readonly deathDelayAtMostMs: number;
  readonly neighbourDelayMs: number;
  /** Null: attempts may take as long as they like. */
  readonly attemptTimeout: (spec: StudySpec) => number | null;
  /** A timed-out attempt whose worker does not obey the cancel by then has its worker killed. */
  readonly obeyMs: number;

  /**
   * Waits before a slot's process starts again, by how often in a row it failed; the last one
   * repeats.
   */
  readonly spawnBackoffMs: readonly number[];
  /** A process that lived so long, or finished a trial, starts the row anew. */
  readonly spawnResetMs: number;
  /** A silent process, replaced meanwhile, is killed after so long. */
  readonly killReplacedMs: number;
  /** A process that has not said hello by then is killed. */
  readonly helloMs: number;
  /** So many protocol errors within the window end a session. */
  readonly protocolErrors: number;
  readonly protocolErrorsMs: number;

  /** Failures in a row, within the window, that make a slot suspect. */
  readonly quarantineFailures: number;
  readonly quarantineWindowMs: number;
  /** A failure counts as quick below this, or below a quarter of the study's median. */
  readonly quickMs: number;
  readonly quarantineMs: number;
  readonly quarantineAtMostMs: number;

  /** How often a running study's active time is written at least. */
  readonly saveActiveMs: number;
  /** … and at most, where something else is committed anyway. */
  readonly saveActiveWithMs: number;

  /** Trials with different keys cannot share a cohort; null: any can. */
  readonly shapeKey: ((spec: StudySpec, params: EncodedParams) => string) | null;
  readonly samplerFor: (spec: StudySpec) => Sampler;
  /** Illegal transitions are thrown (tests, development) instead of shown and dropped. */
  readonly strict: boolean;
}

export const DEFAULT_OPTIONS: LabOptions = {
  leaseMs: 2_000,
  beatMs: 500,
  stallMs: 500,
  taskMs: 3_000,
  adoptionLocalMs: 0,
  adoptionRemoteMs: 30_000,
  isLocal: (slot) => slot.startsWith('local/'),
  graceMs: 5_000,
  credits: 2,
  queueBelowMs: 1_000,
  bundleMs: 2,
  bundleAtMost: 32,
  askAtMost: 256,
  maxAttempts: 3,
  maxDeaths: 16,
  maxSilences: 5,
  deathsBeforeDelay: 4,
  maxNeighbourFailures: 16,
  crashDelayMs: 500,
  deathDelayMs: 250,
  deathDelayAtMostMs: 8_000,
  neighbourDelayMs: 5_000,
  attemptTimeout: () => null,
  obeyMs: 2_000,
  spawnBackoffMs: [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000],
  spawnResetMs: 10_000,
  killReplacedMs: 60_000,
  helloMs: 30_000,
  protocolErrors: 3,
  protocolErrorsMs: 60_000,
  quarantineFailures: 3,
  quarantineWindowMs: 30_000,
  quickMs: 2_000,
  quarantineMs: 60_000,
  quarantineAtMostMs: 900_000,
  saveActiveMs: 1_000,
  saveActiveWithMs: 250,
  shapeKey: null,
  samplerFor: ({ sampler, searchSpace, direction, seed }) =>
    createSampler(sampler, searchSpace, direction, seed),
  strict: false,
};
