/**
 * The virtual clock and the network between the simulated sides: decides which message arrives
 * when.
 */
import type { Stream } from '../random.ts';
import { messageStream } from './chance.ts';
import { EventQueue } from './event-queue.ts';
import type { SimulationOptions } from './options.ts';

/** One way between two ends; messages of different channels may overtake each other. */
export interface Channel {
  lastArrival: number;
}

export class World {
  now = 0;
  readonly #queue = new EventQueue<() => void>();
  readonly #draws: Stream;
  readonly #latencyMs: number;
  readonly #jitterMs: number;
  readonly #drop: number;
  readonly #duplicate: number;

  constructor({ spec, seed, latencyMs, jitterMs, drop, duplicate }: SimulationOptions) {
    this.#draws = messageStream(seed ?? spec.seed);
    this.#latencyMs = latencyMs ?? 0.2;
    this.#jitterMs = jitterMs ?? 0;
    this.#drop = drop ?? 0;
    this.#duplicate = duplicate ?? 0;
  }

  in(ms: number, what: () => void): void {
    this.#queue.add(this.now + Math.max(0, ms), what);
  }

  at(at: number, what: () => void): void {
    this.#queue.add(Math.max(this.now, at), what);
  }

  /**
   * Transmits a message: late, perhaps not at all, perhaps twice, but never before an earlier one
   * of its channel.
   */
  carry(channel: Channel, arrive: () => void): void {
    if (this.#drop > 0 && this.uniform() < this.#drop) return;
    this.#send(channel, arrive);
    if (this.#duplicate > 0 && this.uniform() < this.#duplicate) this.#send(channel, arrive);
  }

  uniform(): number {
    return this.#draws.uniform();
  }

  /** Executes the next event. @returns whether there was one */
  advance(): boolean {
    const { next } = this.#queue;
    const what = this.#queue.take();
    if (what === undefined) return false;
    this.now = next;
    what();
    return true;
  }

  #send(channel: Channel, arrive: () => void): void {
    const delay =
      this.#jitterMs === 0 ? this.#latencyMs : this.#latencyMs + this.#jitterMs * this.uniform();
    channel.lastArrival = Math.max(channel.lastArrival, this.now + delay);
    this.#queue.add(channel.lastArrival, arrive);
  }
}
