/**
 * The host's one TCP port for everything that a lab sends over the network; it runs in a thread.
 */
import type { Worker } from 'node:worker_threads';
import { GalapagosError } from '../../core/errors.ts';
import { endThread, startThread } from '../../runtime/start-thread.ts';
import type { FromDoor, ToDoor } from './door-thread.ts';
import type { LineConnection } from './line-connection.ts';
import type { Refusal } from './refusals.ts';

/** The port cannot be opened. */
export class DoorError extends GalapagosError {}

export interface DoorListener {
  /** A machine starts a pairing conversation. */
  pair(connection: LineConnection): void;
  /** Refused connections of one address: the first at once, later ones once a minute. */
  refused(refusal: Refusal): void;
  /** The door has failed and is closed. */
  broken(error: Error): void;
}

/** Bytes taken by a reader that are reported together. */
const REPORT_BYTES = 1024 * 1024;
/** Milliseconds after which fewer bytes are reported. */
const REPORT_MS = 500;

interface Conversation {
  waiting: string[];
  isOver: boolean;
  take: ((line: string) => void) | null;
  ended: (() => void) | null;
}

export class Door {
  readonly #thread: Worker;
  readonly #listener: DoorListener;
  readonly #conversations = new Map<number, Conversation>();
  readonly #taken = new Map<string, { bytes: number; frames: number }>();
  #reporting: NodeJS.Timeout | null = null;
  #closed: Promise<void> | null = null;
  #answered: ((message: FromDoor) => void) | null = null;
  #failed: ((error: Error) => void) | null = null;

  constructor(listener: DoorListener) {
    this.#listener = listener;
    this.#thread = startThread(import.meta.url, 'door-thread');
    this.#thread.on('message', (message: FromDoor) => this.#take(message));
    this.#thread.on('error', (error) => {
      this.#failed?.(error);
      listener.broken(error);
    });
  }

  /**
   * Opens the port. Lead the channels of known nodes to their ports before: a node that is refused
   * tries again only after 30 s.
   * @param port 0: any free one
   * @param host address to bind; null: every address of this machine
   * @returns the number of the open port
   * @throws DoorError
   */
  listen(port: number, host: string | null = null): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#answered = (message) => {
        if (message.is === 'listening') resolve(message.port);
        if (message.is === 'failed') reject(doorError(port, message.code, message.message));
      };
      this.#failed = reject;
      this.#post({ do: 'listen', port, host });
    });
  }

  /** Leads a channel to a port of the loopback address, in place of its earlier port. */
  route(channel: string, port: number): void {
    this.#post({ do: 'route', channel, port });
  }

  /** Refuses a channel and ends its connections. */
  unroute(channel: string): void {
    this.#post({ do: 'unroute', channel });
  }

  /** Reports that the reader of a channel has taken a message of this many bytes and frames. */
  taken(channel: string, bytes: number, frames: number): void {
    const taken = this.#taken.get(channel) ?? { bytes: 0, frames: 0 };
    taken.bytes += bytes;
    taken.frames += frames;
    this.#taken.set(channel, taken);
    if (taken.bytes >= REPORT_BYTES) this.#report();
    else this.#reporting ??= setTimeout(() => this.#report(), REPORT_MS).unref();
  }

  /** Ends a node's connections; the node may connect again. */
  disconnect(node: string): void {
    this.#post({ do: 'disconnect', node });
  }

  /** Ends a node's connections and refuses its channels. */
  destroy(node: string): void {
    this.#post({ do: 'destroy', node });
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#end());
  }

  async #end(): Promise<void> {
    if (this.#reporting !== null) clearTimeout(this.#reporting);
    await endThread(this.#thread);
    for (const id of [...this.#conversations.keys()]) this.#ended(id);
  }

  #post(message: ToDoor): void {
    if (this.#closed === null) this.#thread.postMessage(message);
  }

  #report(): void {
    if (this.#reporting !== null) clearTimeout(this.#reporting);
    this.#reporting = null;
    for (const [channel, taken] of this.#taken) this.#post({ do: 'taken', channel, ...taken });
    this.#taken.clear();
  }

  #take(message: FromDoor): void {
    switch (message.is) {
      case 'listening':
      case 'failed':
        this.#answered?.(message);
        this.#answered = null;
        return;
      case 'refused':
        this.#listener.refused(message.refusal);
        return;
      case 'pair':
        this.#listener.pair(this.#conversation(message.id, message.address));
        return;
      case 'line': {
        const conversation = this.#conversations.get(message.id);
        if (conversation?.take === null) conversation.waiting.push(message.line);
        else conversation?.take(message.line);
        return;
      }
      case 'linesEnded':
        this.#ended(message.id);
        return;
      default:
        message satisfies never;
    }
  }

  #conversation(id: number, address: string): LineConnection {
    const conversation: Conversation = { waiting: [], isOver: false, take: null, ended: null };
    this.#conversations.set(id, conversation);
    return {
      address,
      send: (line) => this.#post({ do: 'sendLine', id, line }),
      end: () => this.#post({ do: 'endLines', id }),
      onLine(take) {
        conversation.take = take;
        for (const line of conversation.waiting.splice(0)) take(line);
      },
      onEnd(ended) {
        if (conversation.isOver) queueMicrotask(ended);
        else conversation.ended = ended;
      },
    };
  }

  #ended(id: number): void {
    const conversation = this.#conversations.get(id);
    this.#conversations.delete(id);
    if (conversation === undefined) return;
    conversation.isOver = true;
    conversation.ended?.();
  }
}

function doorError(port: number, code: string, message: string): DoorError {
  if (code === 'EADDRINUSE') {
    return new DoorError(
      'port-taken',
      `TCP port ${port} is used by another program, so this lab is not shared: end that program, or choose another port with --lab-port`,
      { port },
    );
  }
  if (code === 'EACCES') {
    return new DoorError(
      'not-allowed-now',
      `this user may not open TCP port ${port}, so this lab is not shared: choose a port above 1023 with --lab-port`,
      { port },
    );
  }
  return new DoorError('io', `TCP port ${port} could not be opened: ${message}`, { port });
}
