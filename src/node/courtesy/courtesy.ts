/**
 * Courtesy to the person who uses a machine: combines the owner's limits with the host's wishes,
 * samples the use of the machine, and holds workers. Used by the process of a node and, for the
 * workers of its own machine, by a host. Contains no rules (`hold.ts`) and no sources
 * (`idle-sources.ts`, `foreign-load.ts`).
 */
import { GalapagosError } from '../../core/errors.ts';
import { NO_LIMITS } from '../../protocol/node-messages.ts';
import type { CourtesyReport, NodeLimits } from '../../protocol/node-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { ForeignLoads } from './foreign-load.ts';
import { Holds, RECALL_MS } from './hold.ts';
import type { HoldReason } from './hold.ts';
import { isWithin, nextChange } from './hours.ts';
import type { Hours } from './hours.ts';
import type { IdleReading, IdleTime } from './idle-time.ts';
import { stricter } from './limits.ts';

/** Milliseconds between two samples while workers run, and else. */
const WORKING_MS = 1_000;
const IDLE_MS = 5_000;
/** Milliseconds within which a worker that is about to start runs. */
const STARTING_MS = 10_000;
/** Longest time in milliseconds between two looks at the hours: clocks are set, machines sleep. */
const HOURS_MS = 60_000;
/** Milliseconds for which one message holds a worker; repeated with each sample. */
const HOLD_FOR_MS = 10_000;
/** Milliseconds after the recall of attempts within which their workers answer. */
const RECALLED_MS = 3_000;
/** Change of the time of the last input, in milliseconds, that is worth reporting. */
const INPUT_STEP_MS = 10_000;

export interface CourtesyParts {
  /** Ids of this machine's devices. */
  readonly devices: readonly string[];
  /** Slots of this machine, with the ids of their devices. */
  readonly slots: () => readonly { readonly slot: string; readonly device: string }[];
  /** Returns whether any worker runs. */
  readonly works: () => boolean;
  readonly idle: Pick<IdleTime, 'read' | 'stop'>;
  readonly loads: ForeignLoads;
  readonly timer: Timer;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Tells the worker of a slot to wait for a time in milliseconds; 0: it goes on. */
  readonly hold: (slot: string, forMs: number) => void;
  /** Ends the worker of a slot, whose attempts were recalled, so that its memory is freed. */
  readonly free: (slot: string) => void;
  /** The state is another. */
  readonly changed: (state: CourtesyState) => void;
}

export interface CourtesyState extends Omit<CourtesyReport, 'type'> {
  /** In force: the stricter of the owner's limits and the host's wishes. */
  readonly limits: NodeLimits;
  /** Held slots. */
  readonly slots: readonly string[];
}

export class Courtesy {
  readonly #parts: CourtesyParts;
  #owner = NO_LIMITS;
  #wish = NO_LIMITS;
  #holds: Holds | null = null;
  #held: ReadonlyMap<string, HoldReason> = new Map();
  /** Slots that were told to wait. */
  readonly #told = new Set<string>();
  /** Held slots whose worker was ended. */
  readonly #freed = new Set<string>();
  #idle: IdleReading | Unknown | null = null;
  #published = '';
  #forget: () => void = () => undefined;
  /** Time at which a worker was last about to start. */
  #startedAt = -Infinity;
  #sampling = false;
  #again = false;
  #closed = false;

  /** @param owner the owner's limits at the start, which are not checked */
  constructor(parts: CourtesyParts, owner: NodeLimits = NO_LIMITS) {
    this.#parts = parts;
    this.#owner = owner;
    this.#look();
  }

  get owner(): NodeLimits {
    return this.#owner;
  }

  get state(): CourtesyState {
    const now = this.#parts.wallClock();
    const hours = this.#hours();
    const limits = stricter(this.#owner, this.#wish);
    const [first] = this.#held.values();
    const unknown = this.#idle instanceof Unknown ? this.#idle.reason : null;
    return {
      // A wish that cannot be told is refused; the owner's own limit was accepted when it could.
      limits: { ...limits, whenIdle: this.#owner.whenIdle || (limits.whenIdle && !unknown) },
      slots: this.#parts.slots().flatMap(({ slot, device }) => (this.#holdsOn(device) ? slot : [])),
      hoursFrom: isWithin(hours, now) ? null : (nextChange(hours, now) ?? null),
      held: first === undefined ? null : this.#reported(first, now),
      idleSource: this.#idle === null || this.#idle instanceof Unknown ? null : this.#idle.source,
      idleUnknown: unknown,
    };
  }

  /**
   * Sets the owner's limits.
   * @throws GalapagosError `idle-unknown`: no source tells whether the machine is in use
   */
  async setOwner(limits: NodeLimits): Promise<void> {
    if (limits.whenIdle && !this.#owner.whenIdle) await this.check();
    this.#owner = limits;
    this.#look();
  }

  /** Sets what the host's user wishes. */
  setWish(limits: NodeLimits): void {
    this.#wish = limits;
    this.#look();
  }

  /** @throws GalapagosError `idle-unknown` */
  async check(): Promise<void> {
    this.#idle = await this.#parts.idle.read();
    if (this.#idle instanceof Unknown) throw idleUnknown(this.#idle.reason);
  }

  /** A worker is about to start: samples as while workers run, from now on. */
  started(): void {
    this.#startedAt = this.#parts.timer.now();
    this.#look();
  }

  /** Samples at once. */
  #look(): void {
    if (this.#closed) return;
    this.#forget();
    if (this.#sampling) this.#again = true;
    else void this.#sample();
  }

  close(): void {
    this.#closed = true;
    this.#forget();
    this.#parts.idle.stop();
    this.#parts.loads.stop();
  }

  #hours(): readonly Hours[] {
    return [this.#owner.hours, this.#wish.hours].filter((hours) => hours !== null);
  }

  #holdsOn(device: string): boolean {
    return this.#held.has(device);
  }

  async #sample(): Promise<void> {
    const { devices, idle, loads, timer, works } = this.#parts;
    const wanted = this.#owner.whenIdle || this.#wish.whenIdle;
    this.#sampling = true;
    // The constructor has returned before the first change is reported.
    await Promise.resolve();
    if (wanted) {
      const [read, foreign] = await Promise.all([idle.read(), loads.read()]);
      this.#idle = read;
      const now = timer.now();
      this.#holds ??= new Holds(devices, now);
      const idleMs = read instanceof Unknown ? read : read.idleMs;
      const refused = read instanceof Unknown && !this.#owner.whenIdle;
      this.#held = refused ? new Map() : this.#holds.sample({ idleMs, loads: foreign }, now);
    } else {
      this.#holds = null;
      this.#held = new Map();
    }
    this.#sampling = false;
    if (this.#closed) return;
    this.#carryOut();
    this.#publish();
    this.#forget();
    const working = works() || timer.now() - this.#startedAt < STARTING_MS;
    const dueMs = wanted ? (working ? WORKING_MS : IDLE_MS) : this.#untilHours();
    if (this.#again) {
      this.#again = false;
      this.#look();
    } else if (dueMs !== null) this.#forget = timer.after(dueMs, () => void this.#sample());
  }

  /** Null: there are no hours. */
  #untilHours(): number | null {
    const hours = this.#hours();
    if (hours.length === 0) return null;
    const now = this.#parts.wallClock();
    const next = nextChange(hours, now);
    return Math.min(HOURS_MS, next === null ? HOURS_MS : Math.max(1, next - now));
  }

  #carryOut(): void {
    const { slots, hold, free, timer } = this.#parts;
    for (const { slot, device } of slots()) {
      const since = this.#holds?.heldSince(device) ?? null;
      if (!this.#holdsOn(device)) {
        if (this.#told.delete(slot)) hold(slot, 0);
        this.#freed.delete(slot);
        continue;
      }
      this.#told.add(slot);
      hold(slot, HOLD_FOR_MS);
      if (since === null || timer.now() - since < RECALL_MS + RECALLED_MS) continue;
      if (this.#freed.has(slot)) continue;
      this.#freed.add(slot);
      free(slot);
    }
  }

  #reported(reason: HoldReason, now: number): CourtesyReport['held'] {
    switch (reason.reason) {
      case 'input': {
        const at = Math.floor((now - reason.idleMs) / INPUT_STEP_MS) * INPUT_STEP_MS;
        return { reason: 'input', data: { at } };
      }
      case 'load':
        return { reason: 'load', data: { load: Math.round(reason.load) } };
      case 'unknown':
        return { reason: 'unknown', data: { why: reason.why } };
      default:
        return reason satisfies never;
    }
  }

  #publish(): void {
    const { state } = this;
    const text = JSON.stringify(state);
    if (text === this.#published) return;
    this.#published = text;
    this.#parts.changed(state);
  }
}

export function idleUnknown(reason: string): GalapagosError {
  const hint = 'Choose hours instead, for example 18-8';
  const expected = 'a source of the time since the last input';
  return new GalapagosError(
    'idle-unknown',
    `no source tells whether this machine is in use: ${reason}. ${hint}`,
    { expected, found: reason, hint },
  );
}
