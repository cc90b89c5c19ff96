/**
 * Lets nodes, links, workers and the host of a shared lab fail at random while a study runs, and
 * checks afterwards that every trial ended exactly once, with the value of an undisturbed run where
 * the sampler does not depend on the order of results.
 */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { WORKER_TITLE } from './lab-bed.ts';
import type { HostName } from './lab-bed.ts';
import { LabCommands } from './lab-commands.ts';
import type { EventCommand, PrintedEvent } from './lab-commands.ts';

export const FAULTS = [
  'kill',
  'stop',
  'cut',
  'worker',
  'pause',
  /** The owner uses the machine: the node's workers wait, and are recalled after 120 s. */
  'hold',
  /** The disk of the node's user folder is full, and the node is killed meanwhile. */
  'disk',
  'host',
  /** The host is killed and started again while a node is cut off. */
  'hostWhileAway',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface LabChaosOptions {
  readonly faults: number;
  /** Minutes after which no further fault begins, and most faults have ended; absent: no limit. */
  readonly minutes?: number;
  readonly seed: number;
  readonly sampler: string;
  readonly nodes: number;
  /** One in this many trials is evaluated again on another node; absent: none. */
  readonly audit?: number;
  /** Longest time for which a node is stopped, cut off or paused, in ms. */
  readonly longestMs: number;
  /** Called with each recovery. */
  readonly recovered?: (recovery: Recovery) => void;
  /** Called with each fault and each violation when it happens. */
  readonly tell?: (text: string) => void;
  /**
   * Folder to which the lab file and what every command printed are copied if there are violations;
   * absent: nowhere.
   */
  readonly keep?: string;
}

export interface LabChaosReport {
  readonly faults: Readonly<Record<Fault, number>>;
  /** Trials that finished. */
  readonly trials: number;
  /**
   * From a fault of a node until each of its trials ran again or ended, shortest first. Contains
   * the time for which no other node was free.
   */
  readonly recoveries: readonly Recovery[];
  readonly violations: readonly string[];
}

export interface Recovery {
  readonly kind: Fault;
  readonly ms: number;
  /** Ms since the host was last started again; null: it was not since the fault. */
  readonly sinceRestartMs: number | null;
}

const DURATION_MS = 150;
/** More trials than any run of this test finishes. */
const ENDLESS = 1_000_000;
const GAP_MS = 2000;
const SHORTEST_MS = 1000;
/** Longest time for which an ended command's output is waited for. */
const KEEP_MS = 2000;
/** Bytes of the disk of a node's user folder. */
const DISK_BYTES = 16 * 2 ** 20;

/** A fault of the node of a trial that has not run again. */
interface Hit {
  readonly kind: Fault;
  readonly at: number;
}

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
  readonly #count = Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as Record<Fault, number>;
  /** Node of each host. */
  readonly #ids = new Map<HostName, string>();
  /** Slot of the latest attempt of each running trial. */
  readonly #running = new Map<number, string>();
  readonly #hit = new Map<number, Hit>();
  readonly #recoveries: Recovery[] = [];
  /** Every command so far. */
  readonly #all: { readonly name: HostName; readonly command: EventCommand }[] = [];
  /** Running command of each node. */
  readonly #commands = new Map<HostName, EventCommand>();
  /** Hosts with a fault now, and what ends their faults. */
  readonly #faulty = new Map<HostName, Promise<void>>();
  /** Time at which no further fault begins. */
  #until = Infinity;
  /** Faults after which a node did not come back. */
  readonly #failures: string[] = [];
  #host: EventCommand | undefined;
  /** The host that a fault, or the end of the test, ends. */
  #ending: EventCommand | undefined;
  /** Rejects when the host ends by itself. */
  readonly #abandoned: Promise<never>;
  #abandon: (error: Error) => void = () => undefined;
  /** Time at which the host last said that it shares its lab. */
  #sharedAt = 0;

  constructor(lab: LabCommands, options: LabChaosOptions) {
    this.#lab = lab;
    this.#options = options;
    this.#chance = new Stream(options.seed, { purpose: PURPOSE.simulation });
    this.#abandoned = new Promise((_, reject) => (this.#abandon = reject));
    this.#abandoned.catch(() => undefined);
  }

  async run(): Promise<LabChaosReport> {
    const { faults, minutes = Infinity, sampler } = this.#options;
    await this.#startHost([]);
    const invitation = await this.#lab.invite();
    writeBusyOwner(this.#programs);
    for (const name of this.#nodes()) {
      await this.#lab.bed.mountDisk(this.#lab.home(name), DISK_BYTES);
      const node = this.#startNode(name, invitation);
      const joined = await node.until(({ event }) => event === 'joined');
      this.#ids.set(name, String(joined['node']));
    }
    await this.#allWork();
    this.#until = performance.now() + 60_000 * minutes;
    try {
      await Promise.race([this.#faults(faults), this.#abandoned]);
    } catch (error) {
      this.#fail(String(error));
    }
    const violations = [
      ...this.#failures,
      ...this.#twice(),
      ...this.#audits(),
      ...this.#lost(),
      ...(sampler === 'generational' ? await this.#differences() : []),
    ];
    if (violations.length > 0) await this.#keep();
    return {
      faults: this.#count,
      trials: this.#lab.ends().states['complete'] ?? 0,
      recoveries: this.#recoveries.sort((a, b) => a.ms - b.ms),
      violations,
    };
  }

  /** Carries out the faults, waits until every node works, and ends the host. */
  async #faults(faults: number): Promise<void> {
    for (let done = 0; done < faults && performance.now() < this.#until; done += 1) {
      await wait(this.#chance.below(GAP_MS));
      await this.#fault();
    }
    await Promise.all(this.#faulty.values());
    await this.#allWork();
    const host = this.#runningHost();
    this.#ending = host;
    await host.process.signal('SIGINT');
    await host.process.ended;
  }

  #tell(text: string): void {
    this.#options.tell?.(`${new Date().toISOString()} ${text}`);
  }

  #fail(text: string): void {
    this.#failures.push(text);
    this.#tell(`violation: ${text}`);
  }

  /** Copies the lab file and what the commands printed. */
  async #keep(): Promise<void> {
    const { keep } = this.#options;
    if (keep === undefined) return;
    // Ends every process, so that nothing is written any more.
    await this.#lab.bed.close();
    mkdirSync(keep, { recursive: true });
    for (const end of ['', '-wal'])
      if (existsSync(this.#lab.file + end))
        copyFileSync(this.#lab.file + end, join(keep, `lab.db${end}`));
    for (const [index, { name, command }] of this.#all.entries()) {
      // A command that a fault has stopped may never end.
      const ended = await Promise.race([command.process.ended, wait(KEEP_MS, null)]);
      const { code, stdout, stderr } = ended ?? { code: 'none', stdout: '', stderr: '' };
      const text = `${stdout}\n${stderr}\nended with ${String(code)}\n`;
      writeFileSync(join(keep, `${String(index).padStart(4, '0')}-${name}.txt`), text);
    }
  }

  #nodes(): readonly HostName[] {
    return this.#lab.bed.hosts.slice(1);
  }

  #runningHost(): EventCommand {
    if (this.#host === undefined) throw new Error('the host does not run');
    return this.#host;
  }

  /** Folder of programs that nodes find before those of the system. */
  get #programs(): string {
    return this.#lab.folder.file('programs');
  }

  #startNode(name: HostName, invitation?: string): EventCommand {
    const env = { PATH: `${this.#programs}:${process.env['PATH'] ?? ''}` };
    const node = this.#lab.startNode(name, invitation, [], { env, ipc: true });
    this.#commands.set(name, node);
    this.#all.push({ name, command: node });
    return node;
  }

  async #startHost(more: readonly string[]): Promise<void> {
    this.#running.clear();
    const { sampler, audit } = this.#options;
    const audits = audit === undefined ? {} : { audit };
    const study = { trials: ENDLESS, durationMs: DURATION_MS, sampler, ...audits };
    const heard = (event: PrintedEvent): void => this.#follow(event);
    const host = await this.#lab.startHost(study, 0, more, { heard });
    this.#host = host;
    this.#all.push({ name: 'h1', command: host });
    void host.process.ended.then(({ code, stderr }) => {
      if (this.#ending !== host)
        this.#abandon(new Error(`the host ended by itself with ${String(code)}: ${stderr}`));
    });
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
    if (event === 'shared') this.#sharedAt = performance.now();
    if (typeof trial !== 'number') return;
    if (event === 'trialStarted') this.#running.set(trial, String(slot));
    else if (event === 'trialEnded') this.#running.delete(trial);
    else return;
    const hit = this.#hit.get(trial);
    if (hit === undefined) return;
    this.#hit.delete(trial);
    const { kind, at } = hit;
    const now = performance.now();
    const sinceRestartMs = this.#sharedAt > at ? now - this.#sharedAt : null;
    const recovery = { kind, ms: now - at, sinceRestartMs };
    this.#recoveries.push(recovery);
    this.#options.recovered?.(recovery);
  }

  async #fault(): Promise<void> {
    const healthy = this.#nodes().filter((name) => !this.#faulty.has(name));
    const kind = FAULTS[this.#chance.below(FAULTS.length)] ?? 'kill';
    if (kind === 'host') {
      this.#count.host += 1;
      this.#tell('host');
      await this.#restartHost();
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
    this.#tell(`${kind} of ${name}`);
    const hit = performance.now();
    const id = this.#ids.get(name) ?? '';
    for (const [trial, slot] of this.#running) {
      // A node whose owner pauses it or uses it keeps its trials for a time.
      if (kind === 'pause' || kind === 'hold' || !slot.startsWith(id)) continue;
      if (!this.#hit.has(trial)) this.#hit.set(trial, { kind, at: hit });
    }
    if (kind === 'hostWhileAway') await this.#lab.bed.cut(name);
    const mended = this.#carryOut(kind, name)
      .catch((error: unknown) => this.#fail(`${kind} of ${name}: ${String(error)}`))
      .finally(() => {
        this.#faulty.delete(name);
        this.#tell(`${kind} of ${name} is over`);
      });
    this.#faulty.set(name, mended);
    // Only one process can hold the lab, so the next fault of the host waits.
    if (kind === 'hostWhileAway') await this.#restartHost();
  }

  async #restartHost(): Promise<void> {
    this.#ending = this.#runningHost();
    await this.#lab.bed.signal('h1', 'SIGKILL');
    await this.#runningHost().process.ended;
    await this.#startHost(['--resume']);
  }

  /** Resolves when the fault has been mended. */
  async #carryOut(kind: Exclude<Fault, 'host'>, name: HostName): Promise<void> {
    const { bed } = this.#lab;
    const { longestMs } = this.#options;
    // As many short faults as long ones, by order of magnitude.
    const drawn = 1000 * (longestMs / 1000) ** this.#chance.uniform();
    const ms = Math.min(drawn, Math.max(SHORTEST_MS, this.#until - performance.now()));
    if (kind === 'kill') {
      await bed.signal(name, 'SIGKILL');
      await wait(this.#chance.below(GAP_MS));
      await this.#startNode(name).until(({ event }) => event === 'connected');
    } else if (kind === 'stop') {
      await bed.signal(name, 'SIGSTOP');
      await wait(ms);
      await bed.signal(name, 'SIGCONT');
    } else if (kind === 'cut' || kind === 'hostWhileAway') {
      await bed.cut(name);
      await wait(ms);
      await bed.mend(name);
    } else if (kind === 'hold') {
      await this.#hold(name, ms);
    } else if (kind === 'disk') {
      await this.#fillDisk(name, ms);
    } else if (kind === 'pause') {
      await this.#nodesCommand('pause', name);
      await wait(ms);
      await this.#nodesCommand('resume', name);
    } else {
      await bed.signalMatching(name, WORKER_TITLE, 'SIGKILL');
    }
  }

  /** Lets the owner of a node use it for a time, and allow use while it is idle only. */
  async #hold(name: HostName, ms: number): Promise<void> {
    const node = this.#commands.get(name);
    if (node === undefined) throw new Error(`no node on ${name}`);
    const from = node.events.length;
    const limit = (whenIdle: boolean): void =>
      void node.process.process.send({ order: 'limits', limits: { ...NO_LIMITS, whenIdle } });
    limit(true);
    await node.until(({ event, held }) => event === 'courtesy' && held !== null, from);
    await wait(ms);
    limit(false);
  }

  /** Fills the disk of a node, kills the node, and starts it again when there is space. */
  async #fillDisk(name: HostName, ms: number): Promise<void> {
    const { bed } = this.#lab;
    const filling = join(this.#lab.home(name), 'filling');
    await bed.run(name, ['sh', '-c', `dd if=/dev/zero of=${filling} bs=64k 2>/dev/null || true`]);
    await wait(ms / 2);
    await bed.signal(name, 'SIGKILL');
    const { code } = await this.#startNode(name).process.ended;
    if (code === 0) throw new Error('a node started although its disk is full');
    await wait(ms / 2);
    await bed.run(name, ['rm', filling]);
    await this.#startNode(name).until(({ event }) => event === 'connected');
  }

  async #nodesCommand(command: string, name: HostName): Promise<void> {
    for (;;) {
      const { code, stderr } = await this.#lab.galapagos('h1', ['nodes', command, name]).ended;
      if (code === 0) return;
      // A fault of the host kills every process there, this one included: it is started again.
      if (code !== null) throw new Error(`nodes ${command}: ended with ${code}: ${stderr}`);
    }
  }

  #twice(): readonly string[] {
    const { succeeded, states } = this.#lab.ends();
    const wrong = [...succeeded].filter(([, count]) => count > 1);
    return [
      ...wrong.map(([trial, count]) => `trial ${trial} ended ${count} times`),
      ...((states['failed'] ?? 0) > 0 ? [`${states['failed'] ?? 0} trials failed`] : []),
    ];
  }

  /**
   * Trials hit by a fault that neither ran again nor ended. A host that is killed right after a
   * commit has not said that the trial ended.
   */
  #lost(): readonly string[] {
    const { succeeded } = this.#lab.ends();
    const lost = [...this.#hit.keys()].filter((trial) => !succeeded.has(trial));
    return lost.map((trial) => `trial ${trial} did not run again`);
  }

  /** Each trial that was drawn has an audit that agrees, is not over, or was given up. */
  #audits(): readonly string[] {
    const { audit } = this.#options;
    if (audit === undefined) return [];
    const { states } = this.#lab.ends();
    const { verdicts, due, givenUp } = this.#lab.audits();
    const drawn = verdicts.size + due + givenUp;
    const expected = (states['complete'] ?? 0) / audit;
    return [
      ...[...verdicts]
        .filter(([, each]) => each.join() !== 'same')
        .map(([trial, each]) => `trial ${trial} has the verdicts ${each.join()}`),
      ...(Math.abs(drawn - expected) < 1
        ? []
        : [`${drawn} trials were drawn for audits, expected ${expected.toFixed(1)}`]),
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

/** Writes a program that says, as GNOME's idle monitor, that the owner uses the machine now. */
function writeBusyOwner(folder: string): void {
  mkdirSync(folder);
  writeFileSync(join(folder, 'busctl'), `#!/bin/sh\necho '{"type":"t","data":[0]}'\n`, {
    mode: 0o755,
  });
}

/** @param sorted ascending @returns NaN for an empty list */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
