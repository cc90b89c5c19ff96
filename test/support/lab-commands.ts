/**
 * A lab that several hosts of a bed share through the built command: `h1` runs a study, the others
 * are nodes. Collects the events that the commands print.
 */
import { writeFileSync } from 'node:fs';
import { readLab } from '../../src/storage/read-lab.ts';
import { foreignly } from './foreign-program.ts';
import type { HostName, HostProcess, StartOptions } from './lab-bed.ts';
import { LabHosts } from './lab-hosts.ts';

/** An event that a command printed as JSON. */
export interface PrintedEvent {
  readonly event: string;
  readonly at: string;
  readonly [field: string]: unknown;
}

/** A running command with the events that it printed. */
export class EventCommand {
  readonly process: HostProcess;
  readonly events: PrintedEvent[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;

  /** @param heard called with each event as it arrives */
  constructor(
    start: (line: (text: string) => void) => HostProcess,
    heard: (event: PrintedEvent) => void = () => undefined,
  ) {
    this.process = start((text) => {
      const event = JSON.parse(text) as PrintedEvent;
      this.events.push(event);
      heard(event);
      this.#wake();
    });
    void this.process.ended.then(() => {
      this.#ended = true;
      this.#wake();
    });
  }

  /**
   * Returns the first event that fits, of those after `from` events.
   * @throws Error with what the command wrote, if it ends without such an event
   */
  async until(fits: (event: PrintedEvent) => boolean, from = 0): Promise<PrintedEvent> {
    for (;;) {
      const found = this.events.slice(from).find(fits);
      if (found !== undefined) return found;
      if (this.#ended) {
        const { code, stdout, stderr } = await this.process.ended;
        throw new Error(`ended with ${String(code)}: ${stderr}\n${stdout.slice(-2000)}`);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

export interface StudyOptions {
  readonly trials: number;
  readonly durationMs: number;
  readonly sampler?: string;
  /** Evaluates one in this many trials again; absent: none. */
  readonly audit?: number;
}

/** How the trials of a study ended. */
export interface TrialEnds {
  /** Trials by state. */
  readonly states: Readonly<Record<string, number>>;
  /** Number of attempts that succeeded, by trial number. */
  readonly succeeded: ReadonlyMap<number, number>;
  /** Nodes with an attempt that succeeded. */
  readonly nodes: ReadonlySet<string>;
  readonly values: readonly (number | null)[];
}

/** Evaluations of trials on other nodes. */
interface TrialAudits {
  /** By trial number, of trials with a verdict. */
  readonly verdicts: ReadonlyMap<number, readonly string[]>;
  /** Number of audits that are not over. */
  readonly due: number;
  /** Number of audits that are over without a verdict. */
  readonly givenUp: number;
}

export class LabCommands extends LabHosts {
  /** Name of the study. */
  readonly study = 'points';
  host: EventCommand | undefined;

  static override async make(count: number): Promise<LabCommands> {
    const { bed, folder } = await LabHosts.make(count);
    return new LabCommands(bed, folder);
  }

  get file(): string {
    return this.folder.file('lab.db');
  }

  /** Starts the host with a study, or again after it ended. @param workers of the host itself */
  async startHost(
    study: StudyOptions,
    workers: number,
    more: readonly string[] = [],
    {
      heard,
      ...options
    }: Omit<StartOptions, 'line'> & { readonly heard?: (event: PrintedEvent) => void } = {},
  ): Promise<EventCommand> {
    const text = this.folder.file('study.json');
    writeFileSync(text, JSON.stringify(studyFile(this.study, study)));
    const share = ['--lab', this.file, '--share', '--lab-port', '47800'];
    const args = ['run', text, ...share, '--workers', String(workers), '--json', ...more];
    const host = new EventCommand((line) => this.galapagos('h1', args, line, options), heard);
    this.host = host;
    await host.until(({ event }) => event === 'shared');
    return host;
  }

  /** Returns an invitation of the running host for any number of nodes. */
  async invite(): Promise<string> {
    const args = ['invite', '--uses', '100', '--address', this.bed.address('h1'), '--json'];
    const { code, stdout, stderr } = await this.galapagos('h1', args).ended;
    if (code !== 0) throw new Error(`invite: ${stderr}`);
    return (JSON.parse(stdout) as { invitation: string }).invitation;
  }

  /** Starts a node with one worker. @param invitation absent: it has joined before */
  startNode(
    host: HostName,
    invitation?: string,
    more: readonly string[] = [],
    options: Omit<StartOptions, 'line'> = {},
  ): EventCommand {
    const join = invitation === undefined ? [] : ['--join', invitation];
    const args = ['node', ...join, '--name', host, '--workers', '1', '--json', ...more];
    return new EventCommand((line) => this.galapagos(host, args, line, options));
  }

  /** Reads the audits of all trials from the lab file, which no process writes. */
  audits(): TrialAudits {
    const due = foreignly(this.file, 'SELECT number FROM galapagos_audit_due').flat();
    const rows = foreignly(
      this.file,
      'SELECT number, verdict FROM galapagos_audit ORDER BY number, k',
    ) as [number, string | null][];
    const verdicts = new Map<number, string[]>();
    for (const [number, verdict] of rows)
      if (verdict !== null) verdicts.set(number, [...(verdicts.get(number) ?? []), verdict]);
    const over = new Set(rows.map(([number]) => number).filter((number) => !due.includes(number)));
    const givenUp = [...over].filter((number) => !verdicts.has(number)).length;
    return { verdicts, due: due.length, givenUp };
  }

  /** Reads how the trials ended, from the lab file. */
  ends(): TrialEnds {
    const reader = readLab(this.file);
    try {
      const states: Record<string, number> = {};
      const values: (number | null)[] = [];
      for (const { number, state, value } of reader.trials(this.study)) {
        states[state] = (states[state] ?? 0) + 1;
        values[number] = value;
      }
      const succeeded = new Map(values.map((_, number) => [number, 0]));
      const nodes = new Set<string>();
      const attempts = reader.attempts({ study: null, before: Date.now(), since: 0, most: 1e6 });
      for (const { number, outcome, slot } of attempts) {
        if (outcome !== 'succeeded') continue;
        succeeded.set(number, (succeeded.get(number) ?? 0) + 1);
        nodes.add(slot.split('/')[0] ?? '');
      }
      return { states, succeeded, nodes, values };
    } finally {
      reader.close();
    }
  }
}

function studyFile(
  name: string,
  { trials, durationMs, sampler = 'random', audit }: StudyOptions,
): object {
  return {
    format: 'galapagos-study/1',
    name,
    objective: { kind: 'synthetic', function: 'sphere', durationMs },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: -5, high: 5 },
      y: { type: 'float', low: -5, high: 5 },
    },
    sampler: { name: sampler },
    stop: { trials },
    seed: 1,
    ...(audit === undefined ? {} : { audit }),
  };
}
