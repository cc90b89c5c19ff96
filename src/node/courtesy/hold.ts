/**
 * Decides which devices are held because the machine is in use: pure rules over samples of
 * input and of the load by others. Reads nothing and sends nothing.
 */
import { Unknown } from '../machine/utilisation/figure.ts';
import type { Figure } from '../machine/utilisation/figure.ts';

/** Milliseconds without input after which a machine counts as idle. */
export const QUIET_INPUT_MS = 5 * 60_000;
/** Share of a card, or of all cores, in per cent, above which others use it. */
const FOREIGN_LOAD = 15;
/** Milliseconds for which others must use it. */
const FOREIGN_MS = 2_000;
/** Milliseconds without such a load after which it counts as idle. */
const QUIET_LOAD_MS = 60_000;
/** Milliseconds for which a source that does not answer leaves everything as it was. */
const UNKNOWN_MS = 10_000;
/** Milliseconds after which the attempts of held workers are recalled and memory is freed. */
export const RECALL_MS = 120_000;

export interface UseSample {
  /** Milliseconds since the last input. */
  readonly idleMs: Figure;
  /** Load by others, in per cent, by id of the device; a device that is missing is not judged. */
  readonly loads: ReadonlyMap<string, Figure>;
}

/** Reason why a device is held. */
export type HoldReason =
  | { readonly reason: 'input'; readonly idleMs: number }
  | { readonly reason: 'load'; readonly load: number }
  /** No source tells any more whether the machine is in use. */
  | { readonly reason: 'unknown'; readonly why: string };

interface ForeignUse {
  /** Beginning of the time for which the load was above the limit; null: it is not. */
  since: number | null;
  lastAt: number;
  load: number;
  holds: boolean;
}

export class Holds {
  readonly #devices: readonly string[];
  readonly #foreign = new Map<string, ForeignUse>();
  readonly #heldSince = new Map<string, number>();
  #sampledAt: number;
  #knownAt: number;
  #input: HoldReason | null = null;

  /** @param now milliseconds of a monotonic clock */
  constructor(devices: readonly string[], now: number) {
    this.#devices = devices;
    this.#sampledAt = now;
    this.#knownAt = now;
  }

  /** Returns the held devices after a sample, each with its reason. */
  sample({ idleMs, loads }: UseSample, now: number): ReadonlyMap<string, HoldReason> {
    this.#takeInput(idleMs, now);
    for (const [device, load] of loads) this.#takeLoad(device, load, now);
    this.#sampledAt = now;
    const held = new Map<string, HoldReason>();
    for (const device of this.#devices) {
      const reason = this.#input ?? this.#loadOf(device);
      if (reason === null) this.#heldSince.delete(device);
      else {
        held.set(device, reason);
        if (!this.#heldSince.has(device)) this.#heldSince.set(device, now);
      }
    }
    return held;
  }

  /** Time since which a device is held; null: it is not. */
  heldSince(device: string): number | null {
    return this.#heldSince.get(device) ?? null;
  }

  #takeInput(idleMs: Figure, now: number): void {
    if (idleMs instanceof Unknown) {
      if (now - this.#knownAt > UNKNOWN_MS) this.#input = { reason: 'unknown', why: idleMs.reason };
      return;
    }
    this.#knownAt = now;
    this.#input = idleMs < QUIET_INPUT_MS ? { reason: 'input', idleMs } : null;
  }

  #takeLoad(device: string, load: Figure, now: number): void {
    // Of a load that is unknown nothing follows.
    if (load instanceof Unknown) return;
    const use = this.#foreign.get(device) ?? { since: null, lastAt: now, load, holds: false };
    this.#foreign.set(device, use);
    if (load > FOREIGN_LOAD) {
      // A sample is the mean since the one before.
      use.since ??= this.#sampledAt;
      use.lastAt = now;
      use.load = load;
      if (now - use.since >= FOREIGN_MS) use.holds = true;
      return;
    }
    use.since = null;
    if (now - use.lastAt >= QUIET_LOAD_MS) use.holds = false;
  }

  #loadOf(device: string): HoldReason | null {
    const use = this.#foreign.get(device);
    return use?.holds === true ? { reason: 'load', load: use.load } : null;
  }
}
