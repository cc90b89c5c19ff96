/**
 * The intermediate values of a study's trials in typed memory: steps and values of each trial in
 * ascending order of step. 16.5 bytes per report in full pages; a trial's last page has up to
 * seven places in reserve. A study without reports allocates nothing.
 *
 * Pages of eight reports are chained from a trial's last to its first, since the latest reports
 * are read most. Nothing is copied when the store grows; pages of dropped reports are reused.
 */
import { Column } from './column.ts';

export interface StepValue {
  /** An integer from 0; of training, the epoch. */
  readonly step: number;
  /** Value that the trial would have if it ended at this step. */
  readonly value: number;
}

/** Reports per page. */
const PAGE = 8;
/** Numbers per report: its step, its value. */
const PAIR = 2;

export class Reports {
  /** Pages, each step followed by its value. */
  readonly #pages = new Column((length) => new Float64Array(length), PAGE * PAIR);
  /** Of each page the trial's page before it, or the next free page: its place + 1; 0: none. */
  readonly #links = new Column((length) => new Uint32Array(length));
  /** Of each trial its last page: place + 1; 0: none. */
  readonly #last = new Column((length) => new Uint32Array(length));
  readonly #counts = new Column((length) => new Uint32Array(length));
  /** Pages in use or free. */
  #size = 0;
  /** The first free page: place + 1; 0: none. */
  #free = 0;

  /**
   * Adds a report, or replaces the value of its step. O(1) for steps in ascending order, else O(n)
   * of the trial's n reports.
   */
  add(number: number, step: number, value: number): void {
    const after = this.#after(number, step);
    if (after > 0 && this.at(number, after - 1).step === step)
      this.#set(number, after - 1, step, value);
    else if (after === this.count(number)) this.#append(number, step, value);
    else this.addAll(number, [{ step, value }]);
  }

  /** Adds several reports as `add` does, in O(n log n) whatever their order. */
  addAll(number: number, reports: readonly StepValue[]): void {
    if (reports.length === 0) return;
    const values = new Map<number, number>();
    for (const { step, value } of this.of(number)) values.set(step, value);
    for (const { step, value } of reports) values.set(step, value);
    this.drop(number);
    for (const [step, value] of [...values].sort(([a], [b]) => a - b))
      this.#append(number, step, value);
  }

  /** Forgets the trial's reports: those of its next attempt replace them. */
  drop(number: number): void {
    if (this.count(number) === 0) return;
    const last = this.#last.get(number);
    let first = last;
    for (let link = last; link !== 0; link = this.#links.get(link - 1)) first = link;
    this.#links.set(first - 1, this.#free);
    this.#free = last;
    this.#last.set(number, 0);
    this.#counts.set(number, 0);
  }

  /** Returns how many reports the trial has. */
  count(number: number): number {
    return this.#counts.get(number);
  }

  /**
   * The trial's i-th report in ascending order of step, 0 ≤ i < count. O(reports after it / 8).
   */
  at(number: number, i: number): StepValue {
    if (i < 0 || i >= this.count(number))
      throw new RangeError(`report ${i} of trial ${number}, which has ${this.count(number)}`);
    const page = this.#pageOf(number, i);
    const place = (i % PAGE) * PAIR;
    return { step: this.#pages.get(page, place), value: this.#pages.get(page, place + 1) };
  }

  /** The report with the highest step; null: none. */
  last(number: number): StepValue | null {
    const count = this.count(number);
    return count === 0 ? null : this.at(number, count - 1);
  }

  /** The latest report at or before a step; null: none. O(reports after it / 8). */
  latest(number: number, step: number): StepValue | null {
    const after = this.#after(number, step);
    return after === 0 ? null : this.at(number, after - 1);
  }

  /** All of a trial's reports, in ascending order of step. O(count). */
  of(number: number): StepValue[] {
    const reports: StepValue[] = [];
    let page = this.#last.get(number) - 1;
    for (let i = this.count(number) - 1; i >= 0; i--) {
      const place = (i % PAGE) * PAIR;
      reports.push({ step: this.#pages.get(page, place), value: this.#pages.get(page, place + 1) });
      if (i % PAGE === 0) page = this.#links.get(page) - 1;
    }
    return reports.reverse();
  }

  /** Bytes held in pages and columns. */
  get bytes(): number {
    return this.#pages.bytes + this.#links.bytes + this.#last.bytes + this.#counts.bytes;
  }

  /** Returns how many of the trial's reports have at most this step. */
  #after(number: number, step: number): number {
    const count = this.count(number);
    if (count === 0) return 0;
    let page = this.#last.get(number) - 1;
    let start = Math.floor((count - 1) / PAGE) * PAGE;
    while (start > 0 && this.#pages.get(page, 0) > step) {
      page = this.#links.get(page) - 1;
      start -= PAGE;
    }
    let i = Math.min(PAGE, count - start);
    while (i > 0 && this.#pages.get(page, (i - 1) * PAIR) > step) i -= 1;
    return start + i;
  }

  #append(number: number, step: number, value: number): void {
    const count = this.count(number);
    if (count % PAGE === 0) this.#addPage(number);
    this.#counts.set(number, count + 1);
    this.#set(number, count, step, value);
  }

  #set(number: number, i: number, step: number, value: number): void {
    const page = this.#pageOf(number, i);
    this.#pages.set(page, step, (i % PAGE) * PAIR);
    // SQLite keeps no negative zero.
    this.#pages.set(page, value === 0 ? 0 : value, (i % PAGE) * PAIR + 1);
  }

  #pageOf(number: number, i: number): number {
    let page = this.#last.get(number) - 1;
    const back = Math.floor((this.count(number) - 1) / PAGE) - Math.floor(i / PAGE);
    for (let n = 0; n < back; n++) page = this.#links.get(page) - 1;
    return page;
  }

  #addPage(number: number): void {
    let page = this.#free;
    if (page === 0) page = ++this.#size;
    else this.#free = this.#links.get(page - 1);
    this.#links.set(page - 1, this.#last.get(number));
    this.#last.set(number, page);
  }
}
