/**
 * State of a run, folded from its events: counts, best trial, current trial of each worker, speed
 * and time left. Pure projection; formats nothing.
 */
import { THIS_NODE, isOnThisNode, parseSlot } from '../../core/device.ts';
import type { Params } from '../../core/search-space/distribution.ts';
import { FrontSoFar } from './front-so-far.ts';
import type { BestTrial, RunEvent, RunStart } from './run-display.ts';

export type WorkerView =
  | { readonly doing: 'starting' | 'waiting' }
  | {
      readonly doing: 'trial';
      readonly trial: number;
      readonly params: Params;
      readonly sinceMs: number;
      /** Its latest report; null: none yet. */
      readonly report: Reported | null;
    }
  | { readonly doing: 'lost' | 'quarantined'; readonly reason: string };

export interface Reported {
  /** Number of finished epochs. */
  readonly epoch: number;
  readonly value: number;
}

interface Sent {
  readonly trial: number;
  readonly params: Params;
}

/** Window for measuring the speed, in milliseconds. */
const WINDOW_MS = 30_000;
/** Least number of trials and milliseconds before a speed is shown. */
const ENOUGH_TRIALS = 3;
const ENOUGH_MS = 1_000;

export class RunProgress {
  readonly run: RunStart;
  /** Names of the lab's other machines by id. */
  readonly names = new Map<string, string>();
  /** Number of trials that each machine has ended in this run, by node id. */
  readonly #endedBy = new Map<string, number>();
  /** State of each worker by slot, in order of first appearance. */
  readonly workers = new Map<string, WorkerView>();
  best: BestTrial | null;
  /** The Pareto front; null: the study lists no objectives. */
  readonly front: FrontSoFar | null;
  /** Number of ended trials, earlier runs included. */
  done: number;
  diverged = 0;
  pruned = 0;
  failed = 0;
  lostAttempts = 0;
  /** Reason why storage waits; null: it works. */
  stalled: string | null = null;
  #startMs: number | null = null;
  #nowMs = 0;
  #endedHere = 0;
  /** Times and counts of ended trials; the first at or before the start of the window. */
  #samples: { readonly atMs: number; readonly ended: number }[] = [];
  /** Trials sent to each slot; the first is running. */
  readonly #sent = new Map<string, Sent[]>();
  /** Slot that each trial was sent to last. */
  readonly #slotOf = new Map<number, string>();

  constructor(run: RunStart) {
    this.run = run;
    this.best = run.best ?? null;
    this.done = run.done ?? 0;
    const { objectives, front = [] } = run;
    this.front = objectives === undefined ? null : new FrontSoFar(objectives, front);
  }

  /** Number of workers: those of this machine, and those of others that are not lost. */
  get workerCount(): number {
    const others = [...this.workers].filter(
      ([slot, { doing }]) => !isOnThisNode(slot) && doing !== 'lost',
    );
    return this.run.workers + others.length;
  }

  /** Trials that each machine has ended in this run; empty: this machine ended all. */
  get machines(): readonly { readonly name: string; readonly trials: number }[] {
    const all = [...this.#endedBy].map(([node, trials]) => ({
      name: node === THIS_NODE ? 'this machine' : (this.names.get(node) ?? node),
      trials,
    }));
    return all.every(({ name }) => name === 'this machine') ? [] : all;
  }

  /** Milliseconds since the first tick. */
  get elapsedMs(): number {
    return this.#startMs === null ? 0 : this.#nowMs - this.#startMs;
  }

  /** Milliseconds that a worker has spent on its trial. */
  atItMs(worker: WorkerView): number | null {
    return worker.doing === 'trial' ? Math.max(0, this.#nowMs - worker.sinceMs) : null;
  }

  /** Recent evaluations per second; null: too early. */
  get perSecond(): number | null {
    const first = this.#samples[0];
    if (first === undefined || this.#endedHere < ENOUGH_TRIALS || this.elapsedMs < ENOUGH_MS)
      return null;
    return ((this.#endedHere - first.ended) / (this.#nowMs - first.atMs)) * 1000;
  }

  /** Milliseconds until a stop rule applies at this speed; null: unknown or no limit. */
  get leftMs(): number | null {
    const speed = this.perSecond;
    const { trials, leftMs = null } = this.run;
    const byTrials =
      trials === null || speed === null || speed === 0
        ? null
        : (Math.max(0, trials - this.done) / speed) * 1000;
    const byTime = leftMs === null ? null : Math.max(0, leftMs - this.elapsedMs);
    return byTrials === null ? byTime : byTime === null ? byTrials : Math.min(byTrials, byTime);
  }

  tick(nowMs: number): void {
    this.#startMs ??= nowMs;
    this.#nowMs = nowMs;
    const last = this.#samples.at(-1);
    if (last === undefined || nowMs - last.atMs >= 1_000)
      this.#samples.push({ atMs: nowMs, ended: this.#endedHere });
    while ((this.#samples[1]?.atMs ?? Infinity) <= nowMs - WINDOW_MS) this.#samples.shift();
  }

  event(event: RunEvent): void {
    switch (event.type) {
      case 'workerReady':
      case 'released':
        this.#sent.delete(event.slot);
        this.workers.set(event.slot, { doing: 'waiting' });
        break;
      case 'workerLost':
        this.#sent.delete(event.slot);
        this.workers.set(event.slot, { doing: 'lost', reason: event.reason });
        break;
      case 'quarantined':
        this.workers.set(event.slot, { doing: 'quarantined', reason: event.reason });
        break;
      case 'trialStarted':
        this.#arrive(event.slot, event);
        break;
      case 'trialReported':
        this.#report(event);
        break;
      case 'trialEnded':
        this.#ended(event);
        break;
      case 'trialBack':
        if (event.outcome === 'lost') this.lostAttempts += 1;
        this.#leave(event.trial);
        break;
      case 'storageStalled':
        this.stalled = event.error;
        break;
      case 'storageBack':
        this.stalled = null;
        break;
      case 'node':
        this.names.set(event.node, event.name);
        break;
      case 'shared':
      case 'note':
        break;
      default:
        event satisfies never;
    }
  }

  #ended(event: Extract<RunEvent, { type: 'trialEnded' }>): void {
    this.done += 1;
    this.#endedHere += 1;
    if (event.slot !== null) {
      const { node } = parseSlot(event.slot);
      this.#endedBy.set(node, (this.#endedBy.get(node) ?? 0) + 1);
    }
    if (event.outcome === 'diverged') this.diverged += 1;
    if (event.state === 'pruned') this.pruned += 1;
    if (event.state === 'failed') this.failed += 1;
    const { trial, value, params, attempt, origin, ranked } = event;
    if (ranked?.joinsFront === true) this.front?.offer(trial, ranked.values);
    if (event.isBest && value !== null) this.best = { trial, value, params, attempt, origin };
    this.#leave(trial);
  }

  #report({ slot, trial, epoch, value }: Extract<RunEvent, { type: 'trialReported' }>): void {
    const worker = this.workers.get(slot);
    if (worker?.doing === 'trial' && worker.trial === trial)
      this.workers.set(slot, { ...worker, report: { epoch, value } });
  }

  /** A trial was sent to a worker that is still busy with another one. */
  #arrive(slot: string, { trial, params }: Sent): void {
    const sent = this.#sent.get(slot) ?? [];
    this.#sent.set(slot, [...sent, { trial, params }]);
    this.#slotOf.set(trial, slot);
    if (sent.length === 0)
      this.workers.set(slot, { doing: 'trial', trial, params, sinceMs: this.#nowMs, report: null });
  }

  /** A trial has left its worker, which continues with the next one. */
  #leave(trial: number): void {
    const slot = this.#slotOf.get(trial);
    if (slot === undefined) return;
    this.#slotOf.delete(trial);
    const left = (this.#sent.get(slot) ?? []).filter((each) => each.trial !== trial);
    this.#sent.set(slot, left);
    const worker = this.workers.get(slot);
    if (worker?.doing !== 'trial' || worker.trial !== trial) return;
    const [next] = left;
    this.workers.set(
      slot,
      next === undefined
        ? { doing: 'waiting' }
        : { doing: 'trial', ...next, sinceMs: this.#nowMs, report: null },
    );
  }
}
