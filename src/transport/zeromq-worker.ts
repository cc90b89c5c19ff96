/**
 * A worker's end over ZeroMQ: a DEALER for control, a PULL from its session's tasks, a PUSH of
 * results, all connecting.
 */
import { Dealer, Pull } from 'zeromq';
import type {
  FromWorker,
  ResultMessage,
  TaskMessage,
  ToWorker,
} from '../protocol/worker-messages.ts';
import { encodeMessage, parseTask, parseToWorker } from '../protocol/worker-wire.ts';
import { within } from '../runtime/within.ts';
import { checkLength } from './lines.ts';
import { peerName } from './peer-name.ts';
import { PushSocket } from './push-socket.ts';
import { explained } from './reading.ts';
import { SendQueue } from './send-queue.ts';
import {
  clientKeys,
  closeGently,
  connectAndSendOptions,
  connectOptions,
  receiveLines,
} from './sockets.ts';
import type { Peer, WorkerTransport } from './transport.ts';

export interface ZeromqWorkerOptions extends Peer {
  readonly controlEndpoint: string;
  /** The coordinator's token of this run. */
  readonly token: string;
}

interface Results {
  readonly endpoint: string;
  readonly socket: PushSocket;
  readonly queue: SendQueue<null>;
}

export class ZeromqWorker implements WorkerTransport {
  readonly #keys: ReturnType<typeof clientKeys>;
  readonly #control: Dealer;
  readonly #reports: SendQueue<null>;
  #results: Results | null = null;
  #tasks: Pull | null = null;
  #task: (message: TaskMessage) => void = () => undefined;
  #malformed: (error: string) => void = () => undefined;

  constructor({ controlEndpoint, token, ...peer }: ZeromqWorkerOptions) {
    this.#keys = clientKeys(token);
    const control = new Dealer({
      ...connectOptions,
      ...this.#keys,
      routingId: peerName(peer),
    });
    control.connect(controlEndpoint);
    this.#control = control;
    this.#reports = new SendQueue((_, frame) => control.send(frame));
  }

  sendControl(message: FromWorker): void {
    const line = encodeMessage(message);
    checkLength(line);
    this.#reports.push(null, line);
  }

  sendResult(message: ResultMessage): void {
    const line = encodeMessage(message);
    checkLength(line);
    this.#results?.queue.push(null, line);
  }

  joinSession(tasksEndpoint: string, resultsEndpoint: string): void {
    this.#tasks?.close();
    const tasks = new Pull({ ...connectOptions, ...this.#keys });
    tasks.connect(tasksEndpoint);
    this.#tasks = tasks;
    void receiveLines(tasks, (line) => this.#takeTask(line));
    if (this.#results?.endpoint === resultsEndpoint) return;
    this.#results?.queue.close();
    this.#results?.socket.close();
    const socket = new PushSocket({ ...connectAndSendOptions, ...this.#keys });
    socket.connect(resultsEndpoint);
    this.#results = {
      endpoint: resultsEndpoint,
      socket,
      queue: new SendQueue((_, frame) => socket.send(frame)),
    };
  }

  onMessage(
    control: (message: ToWorker) => void,
    task: (message: TaskMessage) => void,
    malformed: (error: string) => void,
  ): void {
    this.#task = task;
    this.#malformed = malformed;
    void receiveLines(this.#control, (line) => parsed(line, parseToWorker, control, malformed));
  }

  async close(): Promise<void> {
    this.#tasks?.close();
    this.#tasks = null;
    await within(
      200,
      Promise.all([this.#reports.empty(), this.#results?.queue.empty()]).then(() => undefined),
    );
    this.#reports.close();
    this.#results?.queue.close();
    closeGently(this.#control);
    if (this.#results !== null) closeGently(this.#results.socket);
    this.#results = null;
  }

  #takeTask(line: string): void {
    parsed(line, parseTask, this.#task, this.#malformed);
  }
}

function parsed<T>(
  line: string,
  parse: (text: string) => T,
  take: (message: T) => void,
  malformed: (error: string) => void,
): void {
  let message: T;
  try {
    message = parse(line);
  } catch (error) {
    malformed(explained(error));
    return;
  }
  take(message);
}
