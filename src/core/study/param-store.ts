/**
 * Parameters of as many trials as the sampler's window needs: of all, of open trials and the best,
 * or of none. The parameters of a trial that drops off the best are kept for a while, so that a
 * proposal based on a slightly older history can still be computed.
 */
import type { HistoryWindow } from '../samplers/sampler.ts';
import type { EncodedParams } from '../search-space/distribution.ts';
import { Column } from './column.ts';

/** Number of later displacements that a displaced trial's parameters outlast. */
const GRACE = 1024;

export class ParamStore {
  readonly #kind: HistoryWindow['kind'];
  readonly #column: Column<Float64Array>;
  readonly #kept = new Map<number, EncodedParams>();
  readonly #leaving: number[] = [];
  #left = 0;
  #stored = 0;

  /** Numbers of one trial. */
  readonly dimensions: number;

  constructor(dimensions: number, window: HistoryWindow) {
    this.dimensions = dimensions;
    this.#kind = window.kind;
    this.#column = new Column((length) => new Float64Array(length), dimensions);
  }

  open(number: number, params: EncodedParams): void {
    if (this.#kind === 'all') {
      this.#column.setRow(number, params);
      this.#stored = number + 1;
    } else if (this.#kind === 'best') this.#kept.set(number, params);
  }

  /** The trial ended and is not, or no longer, among the best. */
  displaced(number: number): void {
    if (this.#kind !== 'best') return;
    const slot = this.#left % GRACE;
    const leaver = this.#leaving[slot];
    if (leaver !== undefined) this.#kept.delete(leaver);
    this.#leaving[slot] = number;
    this.#left += 1;
  }

  get(number: number): EncodedParams | null {
    if (this.#kind === 'all') return number < this.#stored ? this.#column.row(number) : null;
    return this.#kept.get(number) ?? null;
  }

  get bytes(): number {
    let kept = 0;
    for (const params of this.#kept.values()) kept += params.byteLength;
    return this.#column.bytes + kept;
  }
}
