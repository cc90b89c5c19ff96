/**
 * Spatial index of marks, for the one nearest to the pointer: a grid of buckets with O(1)
 * insertion.
 */

export class GridIndex {
  readonly #cell: number;
  readonly #buckets = new Map<number, number[]>();
  readonly #places = new Map<number, { x: number; y: number }>();

  /** @param cell size of a bucket in px; also the largest search radius */
  constructor(cell = 16) {
    this.#cell = cell;
  }

  get size(): number {
    return this.#places.size;
  }

  /** @returns the position of a mark; null when it has none */
  place(mark: number): { readonly x: number; readonly y: number } | null {
    return this.#places.get(mark) ?? null;
  }

  /** Inserts a mark, or moves it. */
  put(mark: number, x: number, y: number): void {
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      this.remove(mark);
      return;
    }
    const held = this.#places.get(mark);
    const bucket = this.#bucket(x, y);
    if (held !== undefined) {
      const before = this.#bucket(held.x, held.y);
      held.x = x;
      held.y = y;
      if (before === bucket) return;
      this.#leave(before, mark);
    } else {
      this.#places.set(mark, { x, y });
    }
    const marks = this.#buckets.get(bucket);
    if (marks === undefined) this.#buckets.set(bucket, [mark]);
    else marks.push(mark);
  }

  remove(mark: number): void {
    const held = this.#places.get(mark);
    if (held === undefined) return;
    this.#places.delete(mark);
    this.#leave(this.#bucket(held.x, held.y), mark);
  }

  clear(): void {
    this.#buckets.clear();
    this.#places.clear();
  }

  /**
   * @returns the nearest mark within reach of a point; of equally near ones the largest number,
   * because it is drawn last
   */
  nearest(x: number, y: number, reach = this.#cell): number | null {
    let found: number | null = null;
    let least = Math.min(reach, this.#cell) ** 2;
    const [column, row] = [Math.floor(x / this.#cell), Math.floor(y / this.#cell)];
    for (let i = column - 1; i <= column + 1; i++) {
      for (let j = row - 1; j <= row + 1; j++) {
        for (const mark of this.#buckets.get(key(i, j)) ?? []) {
          const at = this.#places.get(mark);
          if (at === undefined) continue;
          const distance = (at.x - x) ** 2 + (at.y - y) ** 2;
          if (distance < least || (distance === least && (found === null || mark > found))) {
            found = mark;
            least = distance;
          }
        }
      }
    }
    return found;
  }

  /** Positions of all marks in the square around a point. */
  within(
    x: number,
    y: number,
    reach: number,
  ): readonly { readonly x: number; readonly y: number }[] {
    const found: { readonly x: number; readonly y: number }[] = [];
    const cells = (at: number): readonly [number, number] => [
      Math.floor((at - reach) / this.#cell),
      Math.floor((at + reach) / this.#cell),
    ];
    const [[left, right], [top, bottom]] = [cells(x), cells(y)];
    for (let i = left; i <= right; i++) {
      for (let j = top; j <= bottom; j++) {
        for (const mark of this.#buckets.get(key(i, j)) ?? []) {
          const at = this.#places.get(mark);
          if (at !== undefined && Math.abs(at.x - x) <= reach && Math.abs(at.y - y) <= reach)
            found.push(at);
        }
      }
    }
    return found;
  }

  #bucket(x: number, y: number): number {
    return key(Math.floor(x / this.#cell), Math.floor(y / this.#cell));
  }

  #leave(bucket: number, mark: number): void {
    const marks = this.#buckets.get(bucket);
    const place = marks?.indexOf(mark) ?? -1;
    if (marks === undefined || place < 0) return;
    marks[place] = marks[marks.length - 1] ?? mark;
    marks.pop();
    if (marks.length === 0) this.#buckets.delete(bucket);
  }
}

/** Key of a bucket; buckets may lie outside the plot on any side. */
function key(column: number, row: number): number {
  return (column + 32_768) * 65_536 + row + 32_768;
}
