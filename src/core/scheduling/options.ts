/** Every duration and limit of the scheduler, in one object; milliseconds throughout. */
import { ARITHMETIC } from '../arithmetic.ts';
import { NO_DEMAND } from '../demand.ts';
import type { Demand } from '../demand.ts';
import { isOnThisNode } from '../device.ts';
import type { DeviceKind } from '../device.ts';
import { samplerOf } from '../samplers/after-edit.ts';
import type { Sampler } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { SlotName } from './words.ts';

export interface LabOptions {
  /** Silence after which a session ends. */
  readonly leaseMs: number;
  /** Longest silence that a worker may announce. */
  readonly quietMs: number;
  /** Silence of a node after which it is away. */
  readonly silentMs: number;
  /** Time for which a node may be away before it is lost. */
  readonly lostMs: number;
  /** Interval of a node's pulses. */
  readonly pulseMs: number;
  /** Time without beats after which a node reports a worker as silent. */
  readonly silentWorkerMs: number;
  /** Time after which attempts on slots that are held for their owner are recalled. */
  readonly heldMs: number;
  /** Time after the last study for which workers of nodes are kept. */
  readonly restMs: number;
  /** Interval of a worker's beats. */
  readonly beatMs: number;
  /** Delay of a clock event beyond which this process, not the workers, was stalled. */
  readonly stallMs: number;
  /**
   * A task that its worker has not received by then, and in two beats, is lost with the session.
   */
  readonly taskMs: number;
  /**
   * Time for which orphaned attempts may be adopted after a restart: those of this machine's
   * workers, which die with their parent, and those of others.
   */
  readonly adoptionLocalMs: number;
  readonly adoptionRemoteMs: number;
  /** Returns whether a slot's workers are children of this process. */
  readonly isLocal: (slot: SlotName) => boolean;
  /**
   * Time that running trials have to finish when a stop rule ends their study or their slot is
   * drained.
   */
  readonly graceMs: number;
  /**
   * Number of cohorts that a ready worker may have outstanding: one runs, one waits to hide the
   * latency of the commit.
   */
  readonly credits: number;
  /** Greatest number of cohorts that a worker of a node with a long round trip may have. */
  readonly creditsAtMost: number;
  /** Latency of the coordinator, added to a node's round-trip time. */
  readonly turnMs: number;
  /** True if idle slots start second attempts of trials that they would finish much sooner. */
  readonly stragglers: boolean;
  /**
   * Attempt duration below which a cohort may wait behind a running one. Behind a longer one it
   * would keep a trial from a slot that becomes free sooner, and its proposal from newer results.
   */
  readonly queueBelowMs: number;
  /** As `queueBelowMs`, for cohorts of more than four trials. */
  readonly queueLanesBelowMs: number;
  /** Trials so short that several fit into this time share a cohort (`short-trials.ts`). */
  readonly bundleMs: number;
  /** Greatest number of such trials in one cohort. */
  readonly bundleAtMost: number;
  /** Greatest number of trials asked of a sampler at once. */
  readonly askAtMost: number;

  /** Number of crashes (and memory failures on one lane) that fail a trial. */
  readonly maxAttempts: number;
  /**
   * Number of deaths of its worker, as its supervisor reported them, that fail a trial as `deadly`.
   */
  readonly maxDeaths: number;
  /**
   * Number of losses to a worker that was silent while the trial ran that fail the trial as
   * `silent`. Counted in memory: a restart starts from zero.
   */
  readonly maxSilences: number;
  /** Number of deaths from which a trial is delayed before its next attempt and runs alone. */
  readonly deathsBeforeDelay: number;
  /** Number of memory failures caused by other trials that fail a trial. */
  readonly maxNeighbourFailures: number;
  readonly crashDelayMs: number;
  readonly deathDelayMs: number;
  readonly deathDelayAtMostMs: number;
  readonly neighbourDelayMs: number;
  /** Time limit of an attempt; null: none. */
  readonly attemptTimeout: (spec: StudySpec) => number | null;
  /** Time after which the worker of a timed-out attempt that ignores the cancel is killed. */
  readonly obeyMs: number;

  /**
   * Delays before a slot's process is started again, by number of consecutive failures; the last
   * one repeats.
   */
  readonly spawnBackoffMs: readonly number[];
  /** A process that lived this long, or finished a trial, resets the delays. */
  readonly spawnResetMs: number;
  /** Time after which a silent process that was replaced is killed. */
  readonly killReplacedMs: number;
  /** Time after which a process that has not sent hello is killed. */
  readonly helloMs: number;
  /** Number of protocol errors within the window that end a session. */
  readonly protocolErrors: number;
  readonly protocolErrorsMs: number;

  /** Number of consecutive failures within the window that make a slot suspect. */
  readonly quarantineFailures: number;
  readonly quarantineWindowMs: number;
  /** A failure counts as quick below this, or below a quarter of the study's median. */
  readonly quickMs: number;
  readonly quarantineMs: number;
  readonly quarantineAtMostMs: number;

  /** Greatest interval between two writes of a running study's active time. */
  readonly saveActiveMs: number;
  /** Least interval between them, where another commit takes place anyway. */
  readonly saveActiveWithMs: number;

  /** Trials with different keys cannot share a cohort; null: any can. */
  readonly shapeKey: ((spec: StudySpec, params: EncodedParams) => string | null) | null;
  /** Returns true if devices of this kind on this node can evaluate the study's trials. */
  readonly runsOn: (spec: StudySpec, kind: DeviceKind, node: string) => boolean;
  /** Resources that a trial of the study states to need; `NO_DEMAND`: none. */
  readonly demandOf: (spec: StudySpec) => Demand;
  /** Cores and memory of a node; null: unknown, so that no demand limits its trials. */
  readonly offerOf: (node: string) => Demand | null;
  /** Greatest number of trials of the study in a cohort; ∞: the device decides. */
  readonly mostLanes: (spec: StudySpec) => number;
  /**
   * Returns whether a slot of a card runs cohorts of the study side by side, as many as the
   * `lanesWanted` of its results; one until a result says so.
   */
  readonly sideBySide: (spec: StudySpec) => boolean;
  /** Content of the dataset that the study needs; null: none. */
  readonly contentOf: (spec: StudySpec) => string | null;
  /** Metrics of the study's trials that depend on the speed of the machine. */
  readonly timingsOf: (spec: StudySpec) => readonly string[];
  /** Model of a local slot's device; empty: unknown. */
  readonly modelOf: (slot: SlotName) => string;
  /** Numbers of the arithmetic of this host's executors by name; absent ones are 1. */
  readonly arithmetic: Readonly<Record<string, number>>;
  /**
   * Seed of the choice of a study's trials that are evaluated again, by the study's uid. Unknown to
   * nodes, and the same after a restart; an integer ≥ 0.
   */
  readonly auditSeedOf: (study: string) => number;
  /** Number of values contradicted by other nodes that pauses a node. */
  readonly mostMismatches: number;
  readonly samplerFor: (spec: StudySpec) => Sampler;
  /** Throws on illegal transitions (tests, development) instead of reporting and dropping them. */
  readonly strict: boolean;
}

export const DEFAULT_OPTIONS: LabOptions = {
  leaseMs: 2_000,
  quietMs: 120_000,
  silentMs: 2_000,
  lostMs: 120_000,
  pulseMs: 500,
  silentWorkerMs: 1_000,
  heldMs: 120_000,
  restMs: 60_000,
  beatMs: 500,
  stallMs: 500,
  taskMs: 3_000,
  adoptionLocalMs: 0,
  adoptionRemoteMs: 30_000,
  isLocal: isOnThisNode,
  graceMs: 5_000,
  credits: 2,
  creditsAtMost: 8,
  turnMs: 5,
  stragglers: true,
  queueBelowMs: 1_000,
  queueLanesBelowMs: 100,
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
  runsOn: () => true,
  demandOf: () => NO_DEMAND,
  offerOf: () => null,
  mostLanes: () => Infinity,
  sideBySide: () => false,
  contentOf: () => null,
  timingsOf: () => [],
  modelOf: () => '',
  arithmetic: ARITHMETIC,
  auditSeedOf: () => 0,
  mostMismatches: 3,
  samplerFor: samplerOf,
  strict: false,
};
