/** Ends of this node's worker processes, repeated to the host until it has noted them. */
import { LAST_WORDS_CHARACTERS } from '../../protocol/node-messages.ts';
import type { NodeExited } from '../../protocol/node-messages.ts';
import type { WorkerExit } from '../workers/worker-processes.ts';

/** Milliseconds between two sendings of an exit. */
const AGAIN_MS = 2_000;

interface Unnoted {
  readonly message: NodeExited;
  sentAt: number;
}

export class Exits {
  readonly #unnoted = new Map<string, Unnoted>();
  readonly #send: (message: NodeExited) => void;

  constructor(send: (message: NodeExited) => void) {
    this.#send = send;
  }

  add({ lastWords, ...exit }: WorkerExit, now: number): void {
    const message = {
      type: 'exited',
      ...exit,
      lastWords: lastWords.slice(-LAST_WORDS_CHARACTERS),
    } as const;
    this.#unnoted.set(keyOf(exit), { message, sentAt: now });
    this.#send(message);
  }

  noted(slot: string, incarnation: string): void {
    this.#unnoted.delete(keyOf({ slot, incarnation }));
  }

  /** Sends those that were last sent long ago, or all of them. */
  repeat(now: number, which: 'due' | 'all'): void {
    for (const exit of this.#unnoted.values()) {
      if (which === 'due' && now - exit.sentAt < AGAIN_MS) continue;
      exit.sentAt = now;
      this.#send(exit.message);
    }
  }

  get size(): number {
    return this.#unnoted.size;
  }
}

function keyOf({ slot, incarnation }: { slot: string; incarnation: string }): string {
  return `${slot}#${incarnation}`;
}
