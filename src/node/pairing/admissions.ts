/**
 * Admissions at a host: takes the conversations of machines that want to join, applies the limits,
 * and keeps the ones that wait for a person. How people are asked belongs to window and command
 * line.
 */
import { randomUUID } from 'node:crypto';
import { parseToHost } from '../../protocol/pairing-messages.ts';
import type { ToHost } from '../../protocol/pairing-messages.ts';
import type { Admission } from '../../protocol/window/nodes.ts';
import { addressGroup } from '../../transport/door/limits.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';
import { Conversation, Refused, checkVersion } from './conversation.ts';
import type { Content, Failure } from './conversation.ts';
import { HostPairing } from './host-pairing.ts';
import type { HostParts } from './host-parts.ts';
import { HostRedeem } from './host-redeem.ts';
import { MOST_CONVERSATIONS, MOST_SILENT } from './limits.ts';

/** A conversation that ended without an admission. */
export interface RefusedAdmission {
  /** Without port. */
  readonly address: string;
  readonly reason: Failure['reason'];
  /** Sentence for the log. */
  readonly detail: string;
}

/** Milliseconds for which an admission that was shown and has ended is still listed. */
const LISTED_MS = 30_000;

interface Open {
  readonly id: string;
  readonly conversation: Conversation<ToHost>;
  step: HostPairing | HostRedeem | null;
  /** Time at which the digits were first shown, wall time in milliseconds. */
  since: number | null;
}

export class Admissions {
  readonly #parts: HostParts;
  readonly #now: () => number;
  readonly #refused: (refusal: RefusedAdmission) => void;
  readonly #open = new Set<Open>();
  readonly #ended = new Set<Admission>();
  readonly #listeners = new Set<() => void>();
  #closed = false;

  /**
   * @param refused called once for each conversation that ended without an admission
   * @param now wall time, in milliseconds
   */
  constructor(
    parts: HostParts,
    refused: (refusal: RefusedAdmission) => void,
    now: () => number = Date.now,
  ) {
    this.#parts = parts;
    this.#refused = refused;
    this.#now = now;
  }

  /** Takes a new connection of the channel `pair`. */
  connect(connection: LineConnection): void {
    const open: Open = {
      id: randomUUID(),
      conversation: new Conversation<ToHost>(connection, this.#parts.timer, {
        parse: parseToHost,
        take: (message) => this.#take(open, message),
        failed: (failure) => this.#failed(open, failure),
        closed: () => this.#end(open, 'admitted'),
      }),
      step: null,
      since: null,
    };
    this.#open.add(open);
    const silent = [...this.#open].filter(({ step }) => step === null).length;
    if (this.#closed || silent > MOST_SILENT)
      open.conversation.refuse('busy', 'too many connections without a message');
  }

  /** Admissions that wait for people, and those that have just ended; oldest first. */
  list(): readonly Admission[] {
    const waiting = [...this.#open].flatMap((open) => rowOf(open, null) ?? []);
    return [...this.#ended, ...waiting];
  }

  /**
   * Carries out the decision of the person at this host.
   * @returns whether the conversation was still waiting
   */
  decide(conversation: string, yes: boolean): boolean {
    const open = [...this.#open].find(({ id }) => id === conversation);
    if (!(open?.step instanceof HostPairing) || open.step.digits === null) return false;
    open.step.decide(yes);
    this.#settle(open);
    return true;
  }

  /** Calls back after each change of `list`. @returns a function that ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends every conversation. */
  close(): void {
    this.#closed = true;
    for (const { conversation } of [...this.#open])
      conversation.refuse('refused', 'this host stopped sharing its lab');
  }

  #take(open: Open, message: Content<ToHost>): void {
    if (open.step === null) open.step = this.#begin(open, message);
    else open.step.take(message);
    this.#settle(open);
  }

  #begin(open: Open, message: Content<ToHost>): HostPairing | HostRedeem {
    const { conversation } = open;
    if (message.type === 'hello') {
      checkVersion(message.v);
      if (this.#parts.limits.isShut(conversation.address))
        throw new Refused('busy', 'this address failed too often');
      const pairings = [...this.#open].filter(({ step }) => step instanceof HostPairing);
      const group = addressGroup(conversation.address);
      if (
        pairings.length >= MOST_CONVERSATIONS ||
        pairings.some((other) => addressGroup(other.conversation.address) === group)
      )
        throw new Refused('busy', 'other machines are being paired');
      return new HostPairing(this.#parts, conversation, message, () => !this.#isShowing());
    }
    if (message.type === 'redeem') {
      checkVersion(message.v);
      return this.#redeem(conversation, message);
    }
    throw new Refused('protocol', `expected hello or redeem first, found ${message.type}`);
  }

  /**
   * A known invitation is accepted from an address that is shut out too: many machines may share
   * the address.
   */
  #redeem(
    conversation: Conversation<ToHost>,
    message: Extract<ToHost, { type: 'redeem' }>,
  ): HostRedeem {
    const { limits, invitations } = this.#parts;
    if (
      limits.isShut(conversation.address) &&
      typeof invitations.usable(message.id, message.key) === 'string'
    )
      throw new Refused('busy', 'this address failed too often');
    return new HostRedeem(this.#parts, conversation, message);
  }

  #isShowing(): boolean {
    return [...this.#open].some((open) => open.since !== null);
  }

  /** Notes what a message or a decision led to. */
  #settle(open: Open): void {
    if (open.step instanceof HostPairing && open.step.digits !== null) open.since ??= this.#now();
    this.#changed();
  }

  #failed(open: Open, { reason, own, detail }: Failure): void {
    // A connection without a word is no try, and a busy host is not the other side's failure.
    const silent = reason === 'gone' && open.step === null;
    if (!silent && reason !== 'version' && !(own && reason === 'busy'))
      this.#parts.limits.failed(open.conversation.address);
    if (!silent) this.#refused({ address: open.conversation.address, reason, detail });
    this.#end(open, reason === 'gone' ? 'timeout' : reason);
  }

  #end(open: Open, ended: Admission['ended']): void {
    this.#open.delete(open);
    const row = rowOf(open, ended);
    if (row !== null) {
      this.#ended.add(row);
      this.#parts.timer.after(LISTED_MS, () => {
        this.#ended.delete(row);
        this.#changed();
      });
    }
    this.#changed();
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Null: its digits were never shown. */
function rowOf(
  { id, conversation, step, since }: Open,
  ended: Admission['ended'],
): Admission | null {
  if (!(step instanceof HostPairing) || step.digits === null || since === null) return null;
  return {
    conversation: id,
    name: step.about.name,
    address: conversation.address,
    digits: step.digits,
    since,
    agreed: step.confirmed,
    ended,
  };
}
