/** Counts the events of a simulation from the scheduler's notifications. */
import type { Change, LabChange } from '../scheduling/index.ts';
import type { SimulationOptions, SimulationReport } from './options.ts';
import type { World } from './world.ts';

export class Tally {
  readonly #world: World;
  #busyMs = 0;
  #makespanMs = 0;
  #completed = 0;
  #failed = 0;
  #best: { number: number; value: number } | null = null;
  readonly #curve: { atMs: number; ended: number; best: number }[] = [];
  #lost = 0;
  #crashed = 0;
  #outOfMemory = 0;
  readonly #audits = { same: 0, differ: 0, blamed: [] as string[] };
  coordinatorKills = 0;
  nodeFaults = 0;
  reason: string | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  get ended(): number {
    return this.#completed + this.#failed;
  }

  busy(ms: number): void {
    this.#busyMs += ms;
  }

  showLab(change: LabChange): void {
    if (change.kind === 'nodeMismatch') this.#audits.blamed.push(change.node);
  }

  show(change: Change): void {
    if (change.kind === 'auditEnded' && change.verdict !== null)
      this.#audits[change.verdict === 'same' ? 'same' : 'differ'] += 1;
    if (change.kind === 'trialBack') this.#attempt(change.outcome);
    if (change.kind !== 'trialEnded') return;
    this.#makespanMs = this.#world.now;
    if (change.state === 'complete') this.#completed += 1;
    else {
      this.#failed += 1;
      this.#attempt(change.outcome);
    }
    if (!change.isBest) return;
    this.#best = { number: change.number, value: change.value };
    this.#curve.push({ atMs: this.#world.now, ended: this.ended, best: change.value });
  }

  finish(reason: string): void {
    this.reason = reason;
  }

  report(
    { workers: cpus, devices = [], nodes = [], optimum = null }: SimulationOptions,
    events: number,
  ): SimulationReport {
    const workers = [...devices, ...nodes].reduce((sum, each) => sum + each.workers, cpus);
    return {
      efficiency: this.#makespanMs === 0 ? 1 : this.#busyMs / (workers * this.#makespanMs),
      makespanMs: this.#makespanMs,
      busyMs: this.#busyMs,
      completed: this.#completed,
      failed: this.#failed,
      best: this.#best,
      regret: this.#best === null || optimum === null ? null : Math.abs(this.#best.value - optimum),
      curve: this.#curve,
      lostAttempts: this.#lost,
      crashedAttempts: this.#crashed,
      outOfMemoryAttempts: this.#outOfMemory,
      coordinatorKills: this.coordinatorKills,
      audits: this.#audits,
      nodeFaults: this.nodeFaults,
      events,
      reason: this.reason ?? 'unfinished',
    };
  }

  #attempt(outcome: string): void {
    if (outcome === 'lost') this.#lost += 1;
    else if (outcome === 'crashed') this.#crashed += 1;
    else if (outcome === 'outOfMemory') this.#outOfMemory += 1;
  }
}
