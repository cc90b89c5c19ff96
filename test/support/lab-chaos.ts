/**
 * Lets nodes, links, workers and the host of a shared lab fail at random while a study runs, and
 * checks afterwards that every trial ended exactly once, with the value of an undisturbed run where
 * the sampler does not depend on the order of results.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import type { HostName } from './lab-bed.ts';
import { LabCommands } from './lab-commands.ts';
import type { EventCommand, PrintedEvent } from './lab-commands.ts';

export const FAULTS = ['kill', 'stop', 'cut', 'worker', 'pause', 'host'] as const;
export type Fault = (typeof FAULTS)[number];

export interface LabChaosOptions {
  readonly faults: number;
  readonly seed: number;
  readonly sampler: string;
  readonly nodes: number;
  /** Longest time for which a node is stopped, cut off or paused, in ms. */
  readonly longestMs: number;
}

export interface LabChaosReport {
  readonly faults: Readonly<Record<Fault, number>>;
  /** Trials that finished. */
  readonly trials: number;
  /**
   * Ms from a fault of a node until each of its trials ran again or ended, ascending. Contains the
   * time for which no other node was free.
   */
  readonly recoveries: readonly number[];
  readonly violations: readonly string[];
}

const DURATION_MS = 150;
/** More trials than any run of this test finishes. */
const ENDLESS = 1_000_000;
const GAP_MS = 2000;

export async function labChaos(options: LabChaosOptions): Promise<LabChaosReport> {
  const lab = await LabCommands.make(options.nodes + 1);
  try {
    return await new Chaos(lab, options).run();
  } finally {
    await lab.close();
  }
}

class Chaos {
  readonly #lab: LabCommands;
  readonly #options: LabChaosOptions;
  readonly #chance: Stream;
  readonly #count: Record<Fault, number> = {
    kill: 0,
    stop: 0,
    cut: 0,
    worker: 0,
    pause: 0,
    host: 0,
  };
  /** Node of each host. */
  readonly #ids = new Map<HostName, string>();
  /** Slot of the latest attempt of each running trial. */
  readonly #running = new Map<number, string>();
  /** Time of the fault of each trial that has not run again. */
  readonly #hit = new Map<number, number>();
  readonly #recoveries: number[] = [];
  /** Hosts with a fault now, and what ends their faults. */
  readonly #faulty = new Map<HostName, Promise<void>>();
  #host: EventCommand | undefined;

  constructor(lab: LabCommands, options: LabChaosOptions) {
    this.#lab = lab;
    this.#options = options;
    this.#chance = new Stream(options.seed, { purpose: PURPOSE.simulation });
  }

  async run(): Promise<LabChaosReport> {
    const { faults, sampler } = this.#options;
    await this.#startHost([]);
    const invitation = await this.#lab.invite();
    for (const name of this.#nodes()) {
      const joined = await this.#lab
        .startNode(name, invitation)
        .until(({ event }) => event === 'joined');
      this.#ids.set(name, String(joined['node']));
    }
    await this.#allWork();
    for (let done = 0; done < faults; done += 1) {
      await wait(this.#chance.below(GAP_MS));
      await this.#fault();
    }
    await Promise.all(this.#faulty.values());
    await this.#allWork();
    const host = this.#runningHost();
    await host.process.signal('SIGINT');
    await host.process.ended;
    return {
      faults: this.#count,
      trials: this.#lab.ends().states['complete'] ?? 0,
      recoveries: this.#recoveries.sort((a, b) => a - b),
      violations: [
        ...this.#twice(),
        ...(sampler === 'generational' ? await this.#differences() : []),
      ],
    };
  }

  #nodes(): readonly HostName[] {
    return this.#lab.bed.hosts.slice(1);
  }

  #runningHost(): EventCommand {
    if (this.#host === undefined) throw new Error('the host does not run');
    return this.#host;
  }

  async #startHost(more: readonly string[]): Promise<void> {
    this.#running.clear();
    this.#hit.clear();
    const { sampler } = this.#options;
    const study = { trials: ENDLESS, durationMs: DURATION_MS, sampler };
    this.#host = await this.#lab.startHost(study, 0, more, (event) => this.#follow(event));
  }

  /** Waits until each node has finished a trial from now on. */
  async #allWork(): Promise<void> {
    const host = this.#runningHost();
    const from = host.events.length;
    for (const id of this.#ids.values())
      await host.until(
        ({ event, slot }) => event === 'trialEnded' && String(slot).startsWith(id),
        from,
      );
  }

  #follow({ event, trial, slot }: PrintedEvent): void {
    if (typeof trial !== 'number') return;
    if (event === 'trialStarted') this.#running.set(trial, String(slot));
    else if (event === 'trialEnded') this.#running.delete(trial);
    else return;
    const at = this.#hit.get(trial);
    if (at === undefined) return;
    this.#hit.delete(trial);
    this.#recoveries.push(performance.now() - at);
  }

  async #fault(): Promise<void> {
    const healthy = this.#nodes().filter((name) => !this.#faulty.has(name));
    const kind = FAULTS[this.#chance.below(FAULTS.length)] ?? 'kill';
    if (kind === 'host') {
      this.#count.host += 1;
      await this.#lab.bed.signal('h1', 'SIGKILL');
      await this.#runningHost().process.ended;
      await this.#startHost(['--resume']);
      return;
    }
    const name = healthy[this.#chance.below(healthy.length)];
    // One node always works.
    if (name === undefined || healthy.length < 2) {
      await Promise.race(this.#faulty.values());
      await this.#fault();
      return;
    }
    this.#count[kind] += 1;
    const hit = performance.now();
    const id = this.#ids.get(name) ?? '';
    for (const [trial, slot] of this.#running)
      if (kind !== 'pause' && slot.startsWith(id)) this.#hit.set(trial, hit);
    const mended = this.#carryOut(kind, name).finally(() => this.#faulty.delete(name));
    this.#faulty.set(name, mended);
    mended.catch(() => undefined);
  }

  /** Resolves when the fault has been mended. */
  async #carryOut(kind: Exclude<Fault, 'host'>, name: HostName): Promise<void> {
    const { bed } = this.#lab;
    const { longestMs } = this.#options;
    // As many short faults as long ones, by order of magnitude.
    const ms = 1000 * (longestMs / 1000) ** this.#chance.uniform();
    if (kind === 'kill') {
      await bed.signal(name, 'SIGKILL');
      await wait(this.#chance.below(GAP_MS));
      await this.#lab.startNode(name).until(({ event }) => event === 'connected');
    } else if (kind === 'stop') {
      await bed.signal(name, 'SIGSTOP');
      await wait(ms);
      await bed.signal(name, 'SIGCONT');
    } else if (kind === 'cut') {
      await bed.cut(name);
      await wait(ms);
      await bed.mend(name);
    } else if (kind === 'pause') {
      await this.#nodesCommand('pause', name);
      await wait(ms);
      await this.#nodesCommand('resume', name);
    } else {
      await bed.signalMatching(name, 'worker.js', 'SIGKILL');
    }
  }

  async #nodesCommand(command: string, name: HostName): Promise<void> {
    const { code, stderr } = await this.#lab.galapagos('h1', ['nodes', command, name]).ended;
    if (code !== 0) throw new Error(`nodes ${command}: ${stderr}`);
  }

  #twice(): readonly string[] {
    const { succeeded, states } = this.#lab.ends();
    const wrong = [...succeeded].filter(([, count]) => count > 1);
    return [
      ...wrong.map(([trial, count]) => `trial ${trial} ended ${count} times`),
      ...((states['failed'] ?? 0) > 0 ? [`${states['failed'] ?? 0} trials failed`] : []),
    ];
  }

  /** Compares the finished trials with those of an undisturbed run. */
  async #differences(): Promise<readonly string[]> {
    const { values } = this.#lab.ends();
    const undisturbed = await LabCommands.make(1);
    try {
      const { sampler } = this.#options;
      const study = { trials: values.length, durationMs: 0, sampler };
      const host = await undisturbed.startHost(study, 2);
      await host.process.ended;
      const expected = undisturbed.ends().values;
      return values.flatMap((value, trial) =>
        value === null || value === expected[trial]
          ? []
          : [`trial ${trial}: ${value}, undisturbed ${String(expected[trial])}`],
      );
    } finally {
      await undisturbed.close();
    }
  }
}

/** @param sorted ascending @returns NaN for an empty list */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
