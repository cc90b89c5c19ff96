/**
 * Priority queue of future events, soonest first, ties in insertion order: a binary heap over typed
 * arrays, so that millions of entries need no objects.
 */

export class EventQueue<What> {
  #times = new Float64Array(1024);
  #orders = new Float64Array(1024);
  #heap = new Int32Array(1024);
  readonly #whats: (What | undefined)[] = [];
  readonly #free: number[] = [];
  #size = 0;
  #added = 0;

  get size(): number {
    return this.#size;
  }

  add(at: number, what: What): void {
    const entry = this.#free.pop() ?? this.#whats.length;
    if (entry >= this.#times.length) this.#grow();
    this.#times[entry] = at;
    this.#orders[entry] = this.#added;
    this.#added += 1;
    this.#whats[entry] = what;
    let place = this.#size;
    this.#size += 1;
    while (place > 0) {
      const up = (place - 1) >> 1;
      const parent = this.#heap[up] ?? 0;
      if (!this.#before(entry, parent)) break;
      this.#heap[place] = parent;
      place = up;
    }
    this.#heap[place] = entry;
  }

  /** Time of the next event; ∞ if there is none. */
  get next(): number {
    return this.#size === 0 ? Infinity : (this.#times[this.#heap[0] ?? 0] ?? Infinity);
  }

  /** Removes and returns the next event. */
  take(): What | undefined {
    if (this.#size === 0) return undefined;
    const first = this.#heap[0] ?? 0;
    this.#size -= 1;
    const last = this.#heap[this.#size] ?? 0;
    let place = 0;
    for (;;) {
      let down = 2 * place + 1;
      if (down >= this.#size) break;
      let child = this.#heap[down] ?? 0;
      const right = this.#heap[down + 1] ?? 0;
      if (down + 1 < this.#size && this.#before(right, child)) {
        child = right;
        down += 1;
      }
      if (!this.#before(child, last)) break;
      this.#heap[place] = child;
      place = down;
    }
    this.#heap[place] = last;
    const what = this.#whats[first];
    this.#whats[first] = undefined;
    this.#free.push(first);
    return what;
  }

  #before(a: number, b: number): boolean {
    const difference = (this.#times[a] ?? 0) - (this.#times[b] ?? 0);
    return difference !== 0 ? difference < 0 : (this.#orders[a] ?? 0) < (this.#orders[b] ?? 0);
  }

  #grow(): void {
    const length = this.#times.length * 2;
    this.#times = extended(this.#times, new Float64Array(length));
    this.#orders = extended(this.#orders, new Float64Array(length));
    this.#heap = extended(this.#heap, new Int32Array(length));
  }
}

function extended<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
