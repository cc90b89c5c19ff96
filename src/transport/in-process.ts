/**
 * A transport inside one process, for tests and for labs opened without workers: the same text,
 * parsing and losses as over sockets, delivered in later turns of the event loop.
 */
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../protocol/worker-messages.ts';
import { encodeMessage, parseTask, parseToWorker } from '../protocol/worker-wire.ts';
import { checkLength } from './lines.ts';
import { peerName } from './peer-name.ts';
import { explained, parsers, takeControl, takeResult, type Receiver } from './reading.ts';
import type { CoordinatorTransport, Malformed, Peer, WorkerTransport } from './transport.ts';

/**
 * Calls `deliver` for each line in order, each batch in a turn of its own. Lines queued meanwhile
 * are part of the next batch.
 */
class Pipe {
  readonly #deliver: (line: string) => void;
  #lines: string[] = [];
  #scheduled = false;

  constructor(deliver: (line: string) => void) {
    this.#deliver = deliver;
  }

  push(line: string): void {
    checkLength(line);
    this.#lines.push(line);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      const lines = this.#lines;
      this.#lines = [];
      this.#scheduled = false;
      for (const line of lines) this.#deliver(line);
    });
  }
}

export class InProcessCoordinator implements CoordinatorTransport {
  readonly controlEndpoint = 'in-process:control';
  readonly resultsEndpoint = 'in-process:results';
  readonly #workers = new Map<string, InProcessWorker>();
  /** Sessions with an open channel: lines queued until the worker joins, then the worker. */
  readonly #tasks = new Map<string, { waiting: string[]; worker: InProcessWorker | null }>();
  #receiver: Receiver = {
    receive: () => undefined,
    malformed: () => undefined,
    answer: () => undefined,
  };
  #closed = false;

  /** Connects a worker until it closes or vanishes. */
  connect(peer: Peer): InProcessWorker {
    const key = peerName(peer);
    const worker: InProcessWorker = new InProcessWorker({
      control: new Pipe((line) => {
        if (!this.#closed) takeControl(peer, parsers.control(line), this.#receiver);
      }),
      results: new Pipe((line) => {
        if (!this.#closed) takeResult(parsers.results(line), this.#receiver);
      }),
      join: (endpoint) => this.#join(endpoint.slice(endpoint.indexOf('tasks:') + 6), worker),
      leave: () => {
        if (this.#workers.get(key) === worker) this.#workers.delete(key);
      },
    });
    this.#workers.set(key, worker);
    return worker;
  }

  openTasks(session: string): Promise<string> {
    this.#tasks.set(session, { waiting: [], worker: null });
    return Promise.resolve(`in-process:tasks:${session}`);
  }

  closeTasks(session: string): void {
    this.#tasks.delete(session);
  }

  sendTask(session: string, message: TaskMessage): void {
    const line = encodeMessage(message);
    checkLength(line);
    const channel = this.#tasks.get(session);
    if (channel === undefined) return;
    if (channel.worker === null) channel.waiting.push(line);
    else channel.worker.tasks(session, line);
  }

  sendControl(peer: Peer, message: ToWorker): void {
    this.#workers.get(peerName(peer))?.orders.push(encodeMessage(message));
  }

  onMessage(
    receive: (message: FromWorker | ResultMessage) => void,
    malformed: (what: Malformed) => void,
  ): void {
    this.#receiver = {
      receive,
      malformed,
      answer: (peer, message) => this.sendControl(peer, message),
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#tasks.clear();
    this.#workers.clear();
    return Promise.resolve();
  }

  #join(session: string, worker: InProcessWorker): void {
    const channel = this.#tasks.get(session);
    if (channel === undefined) return;
    channel.worker = worker;
    for (const line of channel.waiting.splice(0)) worker.tasks(session, line);
  }
}

interface Links {
  readonly control: Pipe;
  readonly results: Pipe;
  readonly join: (tasksEndpoint: string) => void;
  readonly leave: () => void;
}

export class InProcessWorker implements WorkerTransport {
  readonly #links: Links;
  /** Messages from the coordinator to this worker. */
  readonly orders: Pipe;
  #channel: Pipe | null = null;
  #session: string | null = null;
  #gone = false;
  #control: (message: ToWorker) => void = () => undefined;
  #task: (message: TaskMessage) => void = () => undefined;
  #malformed: (error: string) => void = () => undefined;

  constructor(links: Links) {
    this.#links = links;
    this.orders = new Pipe((line) =>
      this.#take(line, parseToWorker, (message) => this.#control(message)),
    );
  }

  /**
   * Delivers a line of a session's task channel; a line of a session other than the joined one is
   * lost.
   */
  tasks(session: string, line: string): void {
    if (session === this.#session) this.#channel?.push(line);
  }

  sendControl(message: FromWorker): void {
    this.sendControlLine(encodeMessage(message));
  }

  /** As `sendControl`, for text that may not be a valid message. */
  sendControlLine(line: string): void {
    if (!this.#gone) this.#links.control.push(line);
  }

  sendResult(message: ResultMessage): void {
    this.sendResultLine(encodeMessage(message));
  }

  sendResultLine(line: string): void {
    if (!this.#gone && this.#session !== null) this.#links.results.push(line);
  }

  joinSession(tasksEndpoint: string): void {
    this.#session = tasksEndpoint.slice(tasksEndpoint.indexOf('tasks:') + 6);
    const channel = new Pipe((line) => {
      if (this.#channel === channel) this.#take(line, parseTask, (message) => this.#task(message));
    });
    this.#channel = channel;
    this.#links.join(tasksEndpoint);
  }

  onMessage(
    control: (message: ToWorker) => void,
    task: (message: TaskMessage) => void,
    malformed: (error: string) => void,
  ): void {
    this.#control = control;
    this.#task = task;
    this.#malformed = malformed;
  }

  /**
   * Simulates a killed process: messages already sent may still arrive; the worker receives nothing
   * more.
   */
  vanish(): void {
    this.#gone = true;
    this.#links.leave();
  }

  close(): Promise<void> {
    this.vanish();
    return Promise.resolve();
  }

  #take<T>(line: string, parse: (text: string) => T, take: (message: T) => void): void {
    if (this.#gone) return;
    let message: T;
    try {
      message = parse(line);
    } catch (error) {
      this.#malformed(explained(error));
      return;
    }
    take(message);
  }
}
