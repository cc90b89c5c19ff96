/**
 * Two-dimensional histogram of marks in cells of 3 px, drawn instead of dots beyond 5,000 trials.
 * Adding a mark is O(1); a new scale needs a new grid. The darkness of a cell grows with the
 * logarithm of its count.
 */
import { at } from '../../core/at.ts';
import type { Pen } from './pen.ts';

export const CELL = 3;
const LEVELS = 12;

export class Density {
  readonly columns: number;
  readonly rows: number;
  readonly #counts: Uint32Array;
  #most = 0;

  constructor(width: number, height: number) {
    this.columns = Math.max(1, Math.ceil(width / CELL));
    this.rows = Math.max(1, Math.ceil(height / CELL));
    this.#counts = new Uint32Array(this.columns * this.rows);
  }

  /**
   * @param x in px from the grid's corner; marks outside the grid are ignored
   * @param y like `x`
   */
  add(x: number, y: number, by: 1 | -1 = 1): void {
    const [column, row] = [Math.floor(x / CELL), Math.floor(y / CELL)];
    if (!(column >= 0 && column < this.columns && row >= 0 && row < this.rows)) return;
    const place = row * this.columns + column;
    const count = Math.max(0, at(this.#counts, place) + by);
    this.#counts[place] = count;
    if (count > this.#most) this.#most = count;
  }

  count(column: number, row: number): number {
    return at(this.#counts, row * this.columns + column);
  }

  /**
   * Draws cells of equal darkness together and merges neighbours of a row, so that a picture has
   * few shapes.
   */
  draw(pen: Pen, left: number, top: number, colour: string): void {
    const scale = LEVELS / Math.log1p(Math.max(1, this.#most));
    const runs: number[][] = Array.from({ length: LEVELS + 1 }, () => []);
    for (let row = 0; row < this.rows; row++) {
      let [start, level] = [0, 0];
      for (let column = 0; column <= this.columns; column++) {
        const count = column < this.columns ? this.count(column, row) : 0;
        const here = count === 0 ? 0 : Math.max(1, Math.ceil(Math.log1p(count) * scale));
        if (here === level) continue;
        if (level > 0) at(runs, Math.min(LEVELS, level)).push(start, row, column - start);
        [start, level] = [column, here];
      }
    }
    for (const [level, run] of runs.entries()) {
      if (run.length === 0) continue;
      pen.begin();
      for (let i = 0; i < run.length; i += 3) {
        pen.rect(
          left + at(run, i) * CELL,
          top + at(run, i + 1) * CELL,
          at(run, i + 2) * CELL,
          CELL,
        );
      }
      pen.fill(colour, 0.12 + (0.68 * level) / LEVELS);
    }
  }
}
