/** Detects hangs; machines are busy. */
const LONGEST_WAIT_MS = 60_000;

/** Greatest length of the items in an error. */
const SHOWN = 500;

/**
 * Collects messages and lets a test wait for them, with a deadline whose error lists the messages
 * that arrived.
 */
export class Inbox<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  readonly put = (item: T): void => {
    this.all.push(item);
    for (const check of [...this.#waiting]) check();
  };

  /** Resolves when `n` items have arrived. */
  async count(n: number, ms = LONGEST_WAIT_MS): Promise<readonly T[]> {
    await this.until(() => this.all.length >= n, `${n} items`, ms);
    return this.all;
  }

  /** Returns the first item from index `from` on that satisfies a predicate. */
  async first<S extends T>(accepts: (item: T) => item is S, from?: number, ms?: number): Promise<S>;
  async first(accepts: (item: T) => boolean, from?: number, ms?: number): Promise<T>;
  async first(accepts: (item: T) => boolean, from = 0, ms = LONGEST_WAIT_MS): Promise<T> {
    let found: T | undefined;
    await this.until(
      () => (found = this.all.slice(from).find(accepts)) !== undefined,
      'an item that fits',
      ms,
    );
    return found as T;
  }

  until(holds: () => boolean, what: string, ms = LONGEST_WAIT_MS): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!holds()) return;
        done();
        resolve();
      };
      const timer = setTimeout(() => {
        done();
        reject(
          new Error(
            `waited ${ms} ms for ${what}; ${this.all.length} came, the last ${JSON.stringify(this.all.slice(-3)).slice(0, SHOWN)}`,
          ),
        );
      }, ms);
      const done = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
      };
      this.#waiting.add(check);
      check();
    });
  }
}
