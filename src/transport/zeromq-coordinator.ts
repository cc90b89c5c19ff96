/**
 * The coordinator's end over ZeroMQ: a ROUTER for control, one PULL for results and one PUSH for
 * each session's tasks, all bound.
 */
import { Pull, Router } from 'zeromq';
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../protocol/worker-messages.ts';
import { encodeMessage } from '../protocol/worker-wire.ts';
import { within } from '../runtime/within.ts';
import { checkLength } from './lines.ts';
import { LongLines } from './long-lines.ts';
import { peerName, peerNamed } from './peer-name.ts';
import { PushSocket } from './push-socket.ts';
import { takeControl, takeResult, type Receiver } from './reading.ts';
import { SendQueue } from './send-queue.ts';
import {
  closeGently,
  receiveLines,
  serverKeys,
  socketOptions,
  type ServerKeys,
} from './sockets.ts';
import type { CoordinatorTransport, Malformed, Peer } from './transport.ts';

export interface ZeromqCoordinatorOptions {
  /** Address to bind; default: loopback. */
  readonly host?: string;
}

interface Tasks {
  readonly socket: PushSocket;
  readonly queue: SendQueue<null>;
  /** A socket can neither send nor close while it binds. */
  readonly bound: Promise<void>;
}

export class ZeromqCoordinator implements CoordinatorTransport {
  readonly controlEndpoint: string;
  readonly resultsEndpoint: string;
  readonly #keys: ServerKeys;
  readonly #host: string;
  readonly #control: Router;
  readonly #results: Pull;
  readonly #tasks = new Map<string, Tasks>();
  readonly #orders: SendQueue<string>;
  readonly #lines = new LongLines();

  private constructor(keys: ServerKeys, host: string, control: Router, results: Pull) {
    this.#keys = keys;
    this.#host = host;
    this.#control = control;
    this.#results = results;
    this.controlEndpoint = endpointOf(control);
    this.resultsEndpoint = endpointOf(results);
    this.#orders = new SendQueue((peer, frame) => control.send([peer, frame]));
  }

  /** Binds control and results to free ports. */
  static async bind({
    host = '127.0.0.1',
  }: ZeromqCoordinatorOptions = {}): Promise<ZeromqCoordinator> {
    const keys = serverKeys();
    // With `mandatory` an unknown peer is an error instead of being dropped silently. No waiting,
    // because a stopped peer must not hold up the others.
    const control = new Router({
      ...socketOptions,
      ...keys.options,
      mandatory: true,
      handover: true,
      sendTimeout: 0,
      sendHighWaterMark: 10_000,
    });
    const results = new Pull({ ...socketOptions, ...keys.options });
    await Promise.all([control, results].map((socket) => socket.bind(`tcp://${host}:*`)));
    return new ZeromqCoordinator(keys, host, control, results);
  }

  /**
   * The token that a worker needs to connect. Pass it in the worker's environment and never print
   * it.
   */
  get token(): string {
    return this.#keys.token;
  }

  async openTasks(session: string): Promise<string> {
    const socket = new PushSocket({ ...socketOptions, ...this.#keys.options });
    const bound = socket.bind(`tcp://${this.#host}:*`);
    const queue = new SendQueue<null>(async (_, frame) => {
      await bound;
      await socket.send(frame);
    });
    this.#tasks.set(session, { socket, queue, bound });
    await bound;
    return endpointOf(socket);
  }

  closeTasks(session: string): void {
    const tasks = this.#tasks.get(session);
    if (tasks === undefined) return;
    this.#tasks.delete(session);
    void closeTasks(tasks);
  }

  sendTask(session: string, message: TaskMessage): void {
    const line = encodeMessage(message);
    checkLength(line);
    this.#tasks.get(session)?.queue.push(null, line);
  }

  sendControl(peer: Peer, message: ToWorker): void {
    const line = encodeMessage(message);
    checkLength(line);
    this.#orders.push(peerName(peer), line);
  }

  onMessage(
    receive: (message: FromWorker | ResultMessage) => void,
    malformed: (what: Malformed) => void,
  ): void {
    const receiver: Receiver = {
      receive,
      malformed,
      answer: (peer, message) => this.sendControl(peer, message),
    };
    void receiveLines(this.#control, (line, [identity]) => {
      const peer = peerNamed(identity?.toString() ?? '');
      return this.#lines.take('control', line, (parsed) => takeControl(peer, parsed, receiver));
    });
    void receiveLines(this.#results, (line) =>
      this.#lines.take('results', line, (parsed) => takeResult(parsed, receiver)),
    );
  }

  async close(): Promise<void> {
    const closing = [...this.#tasks.values()].map(closeTasks);
    this.#tasks.clear();
    await within(200, this.#orders.empty());
    this.#orders.close();
    closeGently(this.#control);
    this.#results.close();
    await Promise.all([...closing, this.#lines.close()]);
  }
}

async function closeTasks({ socket, queue, bound }: Tasks): Promise<void> {
  queue.close();
  await bound;
  socket.close();
}

function endpointOf(socket: { readonly lastEndpoint: string | null }): string {
  const { lastEndpoint } = socket;
  if (lastEndpoint === null) throw new Error('a bound socket has an endpoint');
  return lastEndpoint;
}
