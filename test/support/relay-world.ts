/** A node's relay between a recording host and recording workers, on a manual timer. */
import type { FromNode, NodeResult } from '../../src/protocol/node-messages.ts';
import type {
  Discard,
  Beat,
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../../src/protocol/worker-messages.ts';
import { Relay } from '../../src/node/link/relay.ts';
import type { ToHost } from '../../src/node/link/to-host.ts';
import type { WorkerExit } from '../../src/node/workers/worker-processes.ts';
import type { CoordinatorTransport, Malformed, Peer } from '../../src/transport/transport.ts';
import { ManualTimer } from './manual-timer.ts';

export const SLOTS = ['nabcdefghij/cpu/0', 'nabcdefghij/cpu/1'] as const;
export const [SLOT] = SLOTS;

/** The host of a node, which records what the node sends it. */
export class RecordingHost implements ToHost {
  isUp = true;
  readonly own: (FromNode | NodeResult)[] = [];
  readonly passed: (FromWorker | ResultMessage)[] = [];

  send(message: FromNode): void {
    if (this.isUp) this.own.push(message);
  }
  sendResult(message: NodeResult): void {
    if (this.isUp) this.own.push(message);
  }
  passControl(message: FromWorker): void {
    if (this.isUp) this.passed.push(message);
  }
  passResult(message: ResultMessage): void {
    if (this.isUp) this.passed.push(message);
  }
}

/** Sockets of a node for its workers, which record what is sent to them. */
export class RecordingWorkers implements CoordinatorTransport {
  readonly controlEndpoint = 'node:control';
  readonly resultsEndpoint = 'node:results';
  readonly open = new Set<string>();
  readonly control: { readonly to: string; readonly message: ToWorker }[] = [];
  readonly tasks: { readonly session: string; readonly message: TaskMessage }[] = [];
  receive: (message: FromWorker | ResultMessage) => void = () => undefined;
  malformed: (what: Malformed) => void = () => undefined;

  openTasks(session: string): Promise<string> {
    this.open.add(session);
    return Promise.resolve(`node:tasks:${session}`);
  }
  closeTasks(session: string): void {
    this.open.delete(session);
  }
  sendTask(session: string, message: TaskMessage): void {
    if (this.open.has(session)) this.tasks.push({ session, message });
  }
  sendControl({ slot, incarnation }: Peer, message: ToWorker): void {
    this.control.push({ to: `${slot}#${incarnation}`, message });
  }
  onMessage(
    receive: (message: FromWorker | ResultMessage) => void,
    malformed: (what: Malformed) => void,
  ): void {
    this.receive = receive;
    this.malformed = malformed;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export class RelayWorld {
  readonly timer = new ManualTimer();
  readonly host = new RecordingHost();
  readonly workers = new RecordingWorkers();
  /** Processes as `spawn slot#incarnation` and `kill slot#incarnation`, in order. */
  readonly processes: string[] = [];
  readonly warnings: string[] = [];
  readonly discarded: Discard[] = [];
  readonly relay = new Relay({
    workers: this.workers,
    processes: {
      spawn: (slot, incarnation) => this.processes.push(`spawn ${slot}#${incarnation}`),
      kill: (slot, incarnation) => this.processes.push(`kill ${slot}#${incarnation}`),
    },
    host: this.host,
    slots: SLOTS.map((slot) => ({ slot, device: 'cpu', model: 'cpu', lanes: 1, memoryBytes: 1 })),
    timer: this.timer,
    discard: (what) => this.discarded.push(what),
    sideBySide: ({ objective }) => objective.kind === 'command',
    studySent: () => undefined,
    warn: (text) => this.warnings.push(text),
  });

  /** Starts a worker and welcomes it to a session. */
  async start(slot: string, incarnation: string, session: string): Promise<void> {
    this.relay.spawn(slot, incarnation, 0);
    this.hello(slot, incarnation);
    await this.welcome(slot, incarnation, session);
  }

  hello(slot: string, incarnation: string): void {
    this.workers.receive({
      type: 'hello',
      v: { low: 1, high: 1 },
      slot,
      incarnation,
      helloNo: 1,
      device: 'cpu',
      lanes: 1,
      memoryBytes: 1,
      holding: [],
    });
  }

  async welcome(slot: string, incarnation: string, session: string): Promise<void> {
    this.relay.control(
      { slot, incarnation },
      {
        type: 'welcome',
        v: 1,
        epoch: 1,
        helloNo: 1,
        session,
        tasksEndpoint: 'host:tasks',
        resultsEndpoint: 'host:results',
        beatMs: 500,
        leaseMs: 2000,
        keep: [],
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
  }

  beat(slot: string, incarnation: string, session: string, more: Partial<Beat> = {}): void {
    this.workers.receive({
      type: 'beat',
      session,
      slot,
      incarnation,
      n: 1,
      taskSeq: 0,
      holding: [],
      progress: [],
      rssBytes: 1,
      ...more,
    });
  }

  exit(slot: string, incarnation: string, more: Partial<WorkerExit> = {}): void {
    this.relay.exited({
      slot,
      incarnation,
      code: null,
      signal: 'SIGKILL',
      by: 'itself',
      rssPeakBytes: null,
      overMemory: false,
      lastWords: '',
      ...more,
    });
  }
}
