/** Reasons why a door refuses connections, and their rate limit: one report a minute an address. */
import type { Timer } from '../../runtime/timer.ts';

export type RefusalReason =
  /** Too many young connections or pairing conversations of one address. */
  | 'tooMany'
  /** Too many connections in all. */
  | 'full'
  /** No first line in time. */
  | 'silent'
  /** Another protocol, or too long a first line. */
  | 'notOurs'
  /** A channel that does not exist, such as one of a removed node. */
  | 'noSuchChannel'
  /** No encrypted connection in time: a plain connection or another host's key. */
  | 'handshake'
  /** A key that is not the channel's. */
  | 'unknownKey'
  /** More bytes than the limit allows, unread or in one line. */
  | 'flood';

export interface Refusal {
  /** IP address, without port; null: many addresses. */
  readonly address: string | null;
  readonly reason: RefusalReason;
  /** Channel that was asked for; null: none was named. */
  readonly channel: string | null;
  /** Number of connections refused since the last report of this address. */
  readonly count: number;
}

export const REPORT_EVERY_MS = 60_000;
/** Addresses with reports of their own; further ones share one. */
const MOST_ADDRESSES = 256;

interface Pending {
  count: number;
  reason: RefusalReason;
  channel: string | null;
}

/** Reports the first refusal of an address at once, and later ones together once a minute. */
export class RefusalReports {
  readonly #report: (refusal: Refusal) => void;
  readonly #timer: Timer;
  readonly #pending = new Map<string | null, Pending>();
  readonly #cancel = new Set<() => void>();

  constructor(report: (refusal: Refusal) => void, timer: Timer) {
    this.#report = report;
    this.#timer = timer;
  }

  refused(from: string, reason: RefusalReason, channel: string | null): void {
    const isNew = !this.#pending.has(from) && this.#pending.size < MOST_ADDRESSES;
    const address = isNew || this.#pending.has(from) ? from : null;
    const pending = this.#pending.get(address);
    if (pending === undefined) {
      this.#report({ address, reason, channel, count: 1 });
      this.#wait(address, { count: 0, reason, channel });
    } else {
      pending.count += 1;
      Object.assign(pending, { reason, channel });
    }
  }

  close(): void {
    for (const cancel of this.#cancel) cancel();
    this.#cancel.clear();
    this.#pending.clear();
  }

  #wait(address: string | null, pending: Pending): void {
    this.#pending.set(address, pending);
    const cancel = this.#timer.after(REPORT_EVERY_MS, () => {
      this.#cancel.delete(cancel);
      this.#pending.delete(address);
      const { count, reason, channel } = pending;
      if (count === 0) return;
      this.#report({ address, reason, channel, count });
      this.#wait(address, { count: 0, reason, channel });
    });
    this.#cancel.add(cancel);
  }
}

const reasons: Readonly<Record<RefusalReason, string>> = {
  tooMany: 'too many connections at once',
  full: 'the lab has too many connections',
  silent: 'it did not say what it wants',
  notOurs: 'it does not speak the protocol of Galapagos',
  noSuchChannel: 'it was removed, or was never admitted',
  handshake: 'its connection is not encrypted for this lab',
  unknownKey: 'its key is not admitted',
  flood: 'it sent more than the limits allow',
};

/** Returns one line for a log. */
export function refusalText({ address, reason, channel, count }: Refusal): string {
  const who = address === null ? 'Machines of many addresses' : `A machine at ${address}`;
  const often = count === 1 ? 'was refused' : `was refused ${count} times in the last minute`;
  const where = channel === null ? '' : ` (channel ${channel})`;
  return `${who} ${address === null ? often.replace('was', 'were') : often}: ${reasons[reason]}${where}`;
}

/** Most characters of a detail in a log. */
const DETAIL_CHARACTERS = 200;

/**
 * Returns one line for a log, of a pairing conversation without an admission.
 * @param detail may contain text of the other machine: control characters are replaced
 */
export function notAdmittedText(address: string, detail: string): string {
  const shown = detail.replaceAll(/\p{C}/gu, '\ufffd').slice(0, DETAIL_CHARACTERS);
  return `A machine at ${address} was not admitted: ${shown}`;
}
