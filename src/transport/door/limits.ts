/** Limits of connections at a door, by address and in all. */

export interface DoorLimits {
  /** Milliseconds in which the first line must arrive. */
  readonly firstLineMs: number;
  /** Milliseconds after which a connection counts as established; a passed handshake is earlier. */
  readonly youngMs: number;
  /** Most young connections of one address, and in all. */
  readonly youngOfAddress: number;
  readonly young: number;
  /** Most pairing conversations of one address, and in all. */
  readonly pairOfAddress: number;
  readonly pair: number;
  /** Milliseconds without a byte after which a pairing conversation ends. */
  readonly pairSilentMs: number;
  /** Most connections in all. */
  readonly all: number;
  /** Most established connections of one channel; the oldest one ends. */
  readonly ofChannel: number;
  /** Refused connections of one address within `failuresMs`, after which it is refused unread. */
  readonly failuresOfAddress: number;
  readonly failuresMs: number;
  /** Handshakes and conversations of one address that may begin at once, and then a second. */
  readonly arrivalsAtOnce: number;
  readonly arrivalsASecond: number;
  /** Most bytes of a connection before its handshake has passed. */
  readonly handshakeBytes: number;
  /** Most bytes of a channel that its reader has not taken. */
  readonly unreadBytes: number;
  /**
   * Most frames of a channel that its reader has not taken. A message of many frames is read at
   * once, which blocks the event loop (a million frames: for more than a second).
   */
  readonly unreadFrames: number;
}

export const doorLimits: DoorLimits = {
  firstLineMs: 2_000,
  youngMs: 3_000,
  youngOfAddress: 64,
  young: 256,
  pairOfAddress: 32,
  pair: 128,
  pairSilentMs: 60_000,
  all: 4_096,
  ofChannel: 4,
  failuresOfAddress: 1_000,
  failuresMs: 10_000,
  arrivalsAtOnce: 256,
  arrivalsASecond: 128,
  handshakeBytes: 64 * 1024,
  unreadBytes: 64 * 1024 * 1024,
  unreadFrames: 16 * 1024,
};

/** Counts what is taken, by address and in all. */
export class Quota {
  readonly #ofAddress: number;
  readonly #all: number;
  readonly #taken = new Map<string, number>();
  #count = 0;

  constructor(ofAddress: number, all: number) {
    this.#ofAddress = ofAddress;
    this.#all = all;
  }

  get count(): number {
    return this.#count;
  }

  /** @returns a function that gives the place back, once; or why there is none */
  take(address: string): (() => void) | 'tooMany' | 'full' {
    const group = addressGroup(address);
    const taken = this.#taken.get(group) ?? 0;
    if (taken >= this.#ofAddress) return 'tooMany';
    if (this.#count >= this.#all) return 'full';
    this.#taken.set(group, taken + 1);
    this.#count += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#count -= 1;
      const left = (this.#taken.get(group) ?? 0) - 1;
      if (left > 0) this.#taken.set(group, left);
      else this.#taken.delete(group);
    };
  }
}

/** Addresses that are remembered at most; the oldest are forgotten first. */
const MOST_FAILING = 1_024;

/** Limits how often one address may begin a handshake or a conversation: a token bucket each. */
export class Arrivals {
  readonly #atOnce: number;
  readonly #aSecond: number;
  readonly #now: () => number;
  readonly #left = new Map<string, { tokens: number; readonly at: number }>();

  /** @param now monotonic milliseconds */
  constructor({ arrivalsAtOnce, arrivalsASecond }: DoorLimits, now: () => number) {
    this.#atOnce = arrivalsAtOnce;
    this.#aSecond = arrivalsASecond;
    this.#now = now;
  }

  mayEnter(address: string): boolean {
    const group = addressGroup(address);
    const now = this.#now();
    const { tokens, at } = this.#left.get(group) ?? { tokens: this.#atOnce, at: now };
    const left = Math.min(this.#atOnce, tokens + ((now - at) / 1_000) * this.#aSecond) - 1;
    if (left < 0) return false;
    // Deleted first, so that the map is in the order of the last arrivals.
    this.#left.delete(group);
    this.#left.set(group, { tokens: left, at: now });
    const [oldest] = this.#left.keys();
    if (this.#left.size > MOST_FAILING && oldest !== undefined) this.#left.delete(oldest);
    return true;
  }
}

/** Counts refused connections by address, within periods of fixed length. */
export class Failures {
  readonly #most: number;
  readonly #ms: number;
  readonly #now: () => number;
  readonly #counts = new Map<string, { count: number; readonly until: number }>();

  /** @param now monotonic milliseconds */
  constructor({ failuresOfAddress, failuresMs }: DoorLimits, now: () => number) {
    this.#most = failuresOfAddress;
    this.#ms = failuresMs;
    this.#now = now;
  }

  add(address: string): void {
    const group = addressGroup(address);
    const found = this.#current(group);
    if (found !== undefined) {
      found.count += 1;
      return;
    }
    this.#counts.delete(group);
    this.#counts.set(group, { count: 1, until: this.#now() + this.#ms });
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > MOST_FAILING && oldest !== undefined) this.#counts.delete(oldest);
  }

  /** Returns whether the address has reached the limit in its present period. */
  isBlocked(address: string): boolean {
    return (this.#current(addressGroup(address))?.count ?? 0) >= this.#most;
  }

  #current(group: string): { count: number } | undefined {
    const found = this.#counts.get(group);
    return found !== undefined && this.#now() < found.until ? found : undefined;
  }
}

/** Returns an address without zone, and an IPv4 address mapped into IPv6 as IPv4. */
export function plainAddress(address: string): string {
  const [bare = ''] = address.split('%');
  return bare.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** Returns an IPv4 address itself, and of an IPv6 address the /64, which one machine may own. */
export function addressGroup(address: string): string {
  const plain = plainAddress(address);
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('::');
  const hextets = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const [front, back] = [hextets(head), hextets(tail)];
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  const all = plain.includes('::') ? [...front, ...zeros, ...back] : front;
  return all
    .slice(0, 4)
    .map((hextet) => Number.parseInt(hextet, 16).toString(16))
    .join(':');
}
