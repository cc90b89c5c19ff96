/** Options and report of a simulation. Times are virtual milliseconds. */
import type { LabOptions, LabState } from '../scheduling/index.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import type { StudySpec } from '../study/study-spec.ts';
import type { Duration, FailureRates } from './chance.ts';

/** Workers of one device. */
export interface SimulatedDevice {
  /** `gpu/0`. */
  readonly id: string;
  readonly workers: number;
  /** Trials that a worker trains at once. */
  readonly lanes: number;
  /** Duration of a cohort relative to the simulation's `duration`, however many trials it has. */
  readonly slowness: number;
  /** Number of lanes that its results ask for; default: they do not say. */
  readonly lanesWanted?: number;
}

/** Another machine of the lab, with CPU workers. */
export interface SimulatedNode {
  readonly id: string;
  readonly workers: number;
  /** Duration of its attempts relative to the simulation's `duration`; default 1. */
  readonly slowness?: number;
  readonly model?: string;
  readonly rttMs?: number;
  /** True if it answers with wrong values. */
  readonly lies?: boolean;
}

/** Mean times between faults of one node; absent: none occur. */
export interface NodeFaults {
  readonly cutsEveryMs?: number;
  /** Least and greatest duration of a cut link; default 1 … 150 s. */
  readonly cutMs?: readonly [number, number];
  readonly killsEveryMs?: number;
  readonly holdsEveryMs?: number;
  /** Mean time for which slots are held; default 60 s. */
  readonly holdMs?: number;
}

export interface SimulationOptions {
  readonly spec: StudySpec;
  readonly trials: number;
  /** Ends the study early; default: none. */
  readonly target?: number | null;
  /** Number of CPU workers. */
  readonly workers: number;
  /** Trials a CPU worker trains at once; default 1. */
  readonly lanes?: number;
  /** Other devices of this machine; default: none. */
  readonly devices?: readonly SimulatedDevice[];
  /**
   * Workers on other machines, whose exits are not observed here. Default: children of the
   * coordinator.
   */
  readonly remote?: boolean;
  /** Other machines, which join over links; default: none. */
  readonly nodes?: readonly SimulatedNode[];
  readonly nodeFaults?: NodeFaults;
  /** Value of a trial. */
  readonly value: (params: EncodedParams, number: number) => number;
  /** The optimum, to compute the regret. */
  readonly optimum?: number | null;
  readonly duration: Duration;
  /** Default: none. */
  readonly rates?: Partial<FailureRates>;
  /** Milliseconds for which a stalled worker stands still; default 5,000. */
  readonly stallMs?: number;
  /** One way; default 0.2. */
  readonly latencyMs?: number;
  /**
   * Greatest additional latency, uniformly distributed; messages on different channels may overtake
   * each other. Default 0.
   */
  readonly jitterMs?: number;
  /** Shares of messages that are lost or duplicated; default 0. */
  readonly drop?: number;
  readonly duplicate?: number;
  /** Decisions made during a commit share the next one; default 2. */
  readonly commitMs?: number;
  /** Time from the start of a worker's process to its hello; default 150. */
  readonly startMs?: number;
  /** Mean time between kills of the coordinator; default: none. */
  readonly coordinatorKillsEveryMs?: number;
  /** Downtime after a kill; default 1,000. */
  readonly coordinatorDownMs?: number;
  /** Seed of the simulation's random events, independent of the study's. Default: the study's. */
  readonly seed?: number;
  /**
   * The scheduler's own options. By default beats are no more frequent than four times in a trial,
   * to limit the number of simulated beats.
   */
  readonly scheduler?: Partial<LabOptions>;
  /**
   * Called with each piece of the scheduler's and sampler's work, which it must execute once;
   * benchmarks measure it.
   */
  readonly measure?: (work: () => void) => void;
  /** Called with the scheduler's state after each of its steps; for tests. */
  readonly check?: (lab: LabState) => void;
  /** Limit of virtual time that stops a simulation that does not end; default 1e12. */
  readonly atMostMs?: number;
}

export interface SimulationReport {
  /** Time that workers spent on trials, divided by workers × makespan. */
  readonly efficiency: number;
  /** Time from the start to the end of the last trial. */
  readonly makespanMs: number;
  readonly busyMs: number;
  /** Numbers of trials with and without a value. */
  readonly completed: number;
  readonly failed: number;
  readonly best: { readonly number: number; readonly value: number } | null;
  /** Difference between the best value and the optimum; null: one of them is unknown. */
  readonly regret: number | null;
  /** Each improvement: time, number of ended trials, value. */
  readonly curve: readonly {
    readonly atMs: number;
    readonly ended: number;
    readonly best: number;
  }[];
  /** Number of lost attempts. */
  readonly lostAttempts: number;
  readonly crashedAttempts: number;
  readonly outOfMemoryAttempts: number;
  readonly coordinatorKills: number;
  /** Audits by verdict, and the nodes that were found to give wrong values, in order. */
  readonly audits: { readonly same: number; readonly differ: number; readonly blamed: string[] };
  /** Number of faults of nodes. */
  readonly nodeFaults: number;
  /** Number of events that the scheduler handled. */
  readonly events: number;
  /** Reason for the end of the study, for example `trials`, `target`. */
  readonly reason: string;
}
