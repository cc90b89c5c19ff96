/** Two connected ends of a conversation of lines, whose lines a test can hold, change or drop. */
import type { LineConnection } from '../../src/transport/door/line-connection.ts';

export type Side = 'node' | 'host';

/** Decides about one line: what to deliver instead of it, in order. */
export type Tap = (from: Side, line: string) => readonly string[];

class End implements LineConnection {
  readonly address: string;
  readonly sent: string[] = [];
  ended = false;
  #waiting: string[] = [];
  #take: ((line: string) => void) | null = null;
  #end: (() => void) | null = null;
  readonly #forward: (line: string) => void;
  readonly #close: () => void;

  constructor(address: string, forward: (line: string) => void, close: () => void) {
    this.address = address;
    this.#forward = forward;
    this.#close = close;
  }

  send(line: string): void {
    if (this.ended) return;
    this.sent.push(line);
    this.#forward(line);
  }

  end(): void {
    this.#close();
  }

  onLine(take: (line: string) => void): void {
    this.#take = take;
    for (const line of this.#waiting.splice(0)) take(line);
  }

  onEnd(ended: () => void): void {
    this.#end = ended;
  }

  deliver(line: string): void {
    if (this.ended) return;
    if (this.#take === null) this.#waiting.push(line);
    else this.#take(line);
  }

  closed(): void {
    if (this.ended) return;
    this.ended = true;
    this.#end?.();
  }
}

export interface LinePair {
  readonly host: LineConnection & { readonly sent: readonly string[]; readonly ended: boolean };
  readonly node: LineConnection & { readonly sent: readonly string[]; readonly ended: boolean };
  /** Breaks the connection for both ends. */
  cut(): void;
}

/**
 * Lines arrive at once, in order.
 * @param address of the node, as the host sees it
 */
export function linePair(address = '10.0.0.7', tap: Tap = (_, line) => [line]): LinePair {
  let busy = false;
  const waiting: (() => void)[] = [];
  // One after the other: a line sent while another is handled arrives after it.
  const run = (step: () => void): void => {
    waiting.push(step);
    if (busy) return;
    busy = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    busy = false;
  };
  const close = (): void =>
    run(() => {
      host.closed();
      node.closed();
    });
  const forward =
    (from: Side, to: () => End) =>
    (line: string): void =>
      run(() => {
        for (const other of tap(from, line)) to().deliver(other);
      });
  const host: End = new End(
    address,
    forward('host', () => node),
    close,
  );
  const node: End = new End(
    '10.0.0.1',
    forward('node', () => host),
    close,
  );
  return { host, node, cut: close };
}
