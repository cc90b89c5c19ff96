/**
 * What the host asks of its window: menu items, files that the system opened. Each act reaches one
 * window once; what comes before any window listens waits for it.
 */
import type { Feed } from '../protocol/endpoint.ts';
import type { SubscriptionBody } from '../protocol/endpoints.ts';

type Body = SubscriptionBody<'act'>;
type Numbered = Body['acts'][number];
/** Of each member of the union, so that it stays one. */
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
