/**
 * Queue of requests from the host to its window: menu items, and files that the system opened. Each
 * request is delivered to one window once; requests made before a window subscribes are kept.
 */
import type { Feed } from '../protocol/endpoint.ts';
import type { SubscriptionBody } from '../protocol/endpoints.ts';

type Body = SubscriptionBody<'act'>;
type Numbered = Body['acts'][number];
/**
 * A request without its number. The conditional type distributes over the union, so that `Act`
 * stays a union.
 */
export type Act = Numbered extends infer A ? (A extends Numbered ? Omit<A, 'id'> : never) : never;

export class Acts {
  #nextId = 0;
  #waiting: Numbered[] = [];
  readonly #listeners = new Set<() => void>();

  ask(act: Act): void {
    this.#waiting.push({ ...act, id: this.#nextId++ });
    for (const changed of this.#listeners) changed();
  }

  readonly subscribe = (_: unknown, changed: () => void): Feed<Body> => {
    let seq = 0;
    let snapshot = true;
    this.#listeners.add(changed);
    return {
      take: () => {
        if (!snapshot && this.#waiting.length === 0) return null;
        const message = { seq: seq++, snapshot, body: { acts: this.#waiting } };
        snapshot = false;
        this.#waiting = [];
        return message;
      },
      restart() {
        snapshot = true;
      },
      close: () => {
        this.#listeners.delete(changed);
      },
    };
  };
}
