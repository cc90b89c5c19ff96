/**
 * A study's trials in memory: typed columns with the trial number as the row, filled from the bytes
 * of the study stream. 100,000 trials of 10 parameters take less than 40 MB. An effect or template
 * that reads a column runs again when the table changes, by `version`. Charts draw it;
 * `selection.svelte.ts` holds the selected trial.
 */
import { at } from '../../core/at.ts';
import { createSubscriber } from 'svelte/reactivity';
import type { TrialOutcome } from '../../core/scheduling/words.ts';
import type { Direction } from '../../core/study/direction.ts';
import { outcomeCodes, trialStates } from '../../protocol/window/columns.ts';
import type { ReportBlock, RowState, TrialBlock } from '../../protocol/window/columns.ts';
import {
  emptyArrays,
  metricColumns,
  NOT_ENDED,
  rowColumnList,
  widthOf,
} from '../../protocol/window/row-columns.ts';
import type { MetricName, RowArrays, RowWidths } from '../../protocol/window/row-columns.ts';
import { Curves } from './curves.ts';
import type { Curve } from './curves.ts';

const RUNNING = trialStates.indexOf('running');
const COMPLETE = trialStates.indexOf('complete');
const WAITING = trialStates.indexOf('waiting');
const PAUSED = trialStates.indexOf('paused');
/** State code of a row that has not arrived. */
const ABSENT = 255;
const SMALLEST = 256;

/**
 * The state is 255 when the row has not arrived. Rows beyond `size` are undefined. The arrays are
 * replaced when the table grows: do not keep references.
 */
export type Columns = RowArrays;

/** Receives changes while they are merged, for charts that draw only what is new. */
export interface TableListener {
  /** Rows that were replaced; the array is valid only during the call. */
  rows(numbers: Uint32Array): void;
  /** All earlier contents are invalid. */
  reset(): void;
}

/**
 * Trials by number. Accessors accept numbers without a row, for example of a parent that has not
 * arrived, and return the value of a row without contents.
 */
export class TrialTable {
  /** Upper bound of the trial numbers with a row. */
  size = 0;
  /** Lowest trial number with a row; a file is read from the end, so high numbers arrive first. */
  from = Infinity;
  /** Number of rows that have arrived. */
  known = 0;
  /** Number of completions known without a gap. */
  ended = 0;
  /** Number of parameters of a row. */
  width: number;
  /** Number of listed objectives of a row. */
  objectives: number;
  columns: Columns;
  readonly curves = new Curves();
  /** Metric columns with a number in at least one row. */
  readonly metrics = new Set<MetricName>();
  /** Running trials, in the order in which their rows arrived. */
  readonly running = new Set<number>();
  /**
   * Trials that wait for a worker or are paused at a rung, in the order in which they became so.
   */
  readonly idle = new Set<number>();
  #completions = new Uint32Array(SMALLEST).fill(NOT_ENDED);
  #version = 0;
  #changed: () => void = () => undefined;
  readonly #listeners = new Set<TableListener>();
  readonly #subscribe = createSubscriber((update) => {
    this.#changed = update;
    return () => (this.#changed = () => undefined);
  });

  /**
   * @param width number of parameters of the study
   * @param objectives number of objectives that it lists
   */
  constructor(width: number, objectives = 0) {
    this.width = width;
    this.objectives = objectives;
    this.columns = emptyColumns(SMALLEST, this.#widths);
  }

  /** Increases with every change; reading it in an effect subscribes the effect. */
  get version(): number {
    this.#subscribe();
    return this.#version;
  }

  /** @returns a function that removes the listener */
  listen(listener: TableListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resets the table; the widths may differ after a study got its search space. */
  clear(width = this.width, objectives = this.objectives): void {
    this.width = width;
    this.objectives = objectives;
    this.size = this.known = this.ended = 0;
    this.from = Infinity;
    this.columns = emptyColumns(SMALLEST, this.#widths);
    this.#completions = new Uint32Array(SMALLEST).fill(NOT_ENDED);
    this.running.clear();
    this.idle.clear();
    this.curves.clear();
    this.metrics.clear();
    for (const listener of this.#listeners) listener.reset();
    this.#bump();
  }

  /**
   * Merges rows into the table.
   * @throws RangeError when a column's length differs from the number of rows: the sender has
   * another version
   */
  merge(block: TrialBlock): void {
    const numbers = viewed(block.number, Uint32Array);
    const rows = numbers.length;
    if (rows === 0) return;
    let last = 0;
    for (const number of numbers) {
      last = Math.max(last, number);
      this.from = Math.min(this.from, number);
    }
    this.#reserve(last + 1);
    const { columns } = this;
    for (const number of numbers) if (columns.state[number] === ABSENT) this.known += 1;
    for (const [name, column] of rowColumnList)
      scatter(name, block[name], numbers, columns[name], widthOf(column, this.#widths));
    for (const [name] of metricColumns)
      if (!this.metrics.has(name) && numbers.some((number) => !Number.isNaN(columns[name][number])))
        this.metrics.add(name);
    this.size = Math.max(this.size, last + 1);
    for (let i = 0; i < rows; i++) {
      const number = at(numbers, i);
      const state = columns.state[number];
      keep(this.running, number, state === RUNNING);
      keep(this.idle, number, state === WAITING || state === PAUSED);
      const place = at(columns.finish, number);
      if (place !== NOT_ENDED) this.#complete(place, number);
    }
    while (this.ended < this.#completions.length && this.#completions[this.ended] !== NOT_ENDED)
      this.ended += 1;
    this.curves.trim((trial) => !this.running.has(trial));
    for (const listener of this.#listeners) listener.rows(numbers);
    this.#bump();
  }

  /** Adds reports to the curves; the value of a running trial is its last report. */
  report(block: ReportBlock): void {
    const trials = viewed(block.trial, Uint32Array);
    const steps = viewed(block.step, Uint32Array);
    const values = viewed(block.value, Float64Array);
    sameLength('step', steps.length, trials.length);
    sameLength('value', values.length, trials.length);
    if (trials.length === 0) return;
    for (let i = 0; i < trials.length; i++) {
      const [trial, value] = [at(trials, i), at(values, i)];
      this.curves.add(trial, at(steps, i), value);
      if (this.columns.state[trial] === RUNNING) this.columns.value[trial] = value;
    }
    this.curves.trim((trial) => !this.running.has(trial));
    for (const listener of this.#listeners) listener.rows(trials);
    this.#bump();
  }

  has(number: number): boolean {
    return number < this.size && this.columns.state[number] !== ABSENT;
  }

  state(number: number): RowState {
    return trialStates[this.columns.state[number] ?? WAITING] ?? 'waiting';
  }

  /** Null when the trial has not ended. */
  outcome(number: number): TrialOutcome | null {
    return outcomeCodes[(this.columns.outcome[number] ?? 0) - 1] ?? null;
  }

  /** NaN without a value (failed or diverged); for a running trial its last report. */
  value(number: number): number {
    return this.columns.value[number] ?? NaN;
  }

  /** Returns whether the trial has ended with a finite value. */
  isFinite(number: number): boolean {
    return this.columns.state[number] === COMPLETE && Number.isFinite(this.columns.value[number]);
  }

  isOpen(number: number): boolean {
    const state = this.columns.state[number] ?? ABSENT;
    return state === RUNNING || state === WAITING || state === PAUSED;
  }

  generation(number: number): number {
    return this.columns.generation[number] ?? 0;
  }

  parents(number: number): readonly number[] {
    const [first, second] = [
      this.columns.parents[2 * number] ?? 0,
      this.columns.parents[2 * number + 1] ?? 0,
    ];
    if (first === 0) return second === 0 ? [] : [second - 1];
    return second === 0 ? [first - 1] : [first - 1, second - 1];
  }

  /** Encoded as in `core/search-space`; a view of the table, not a copy. */
  params(number: number): Float64Array {
    return this.columns.params.subarray(number * this.width, (number + 1) * this.width);
  }

  param(number: number, place: number): number {
    return this.columns.params[number * this.width + place] ?? NaN;
  }

  /** Value of the listed objective at a place; NaN without values. */
  figure(number: number, place: number): number {
    return this.columns.figures[number * this.objectives + place] ?? NaN;
  }

  curve(number: number): Curve | null {
    return this.curves.get(number);
  }

  /** Trial number of the i-th completion, 0 ≤ i < ended. */
  completion(i: number): number {
    return at(this.#completions, i);
  }

  finishSeq(number: number): number {
    return this.columns.finish[number] ?? NOT_ENDED;
  }

  historyLength(number: number): number {
    return this.columns.historyLength[number] ?? 0;
  }

  /** Value by which the trial is ranked: the worst one when it failed or diverged. */
  ranked(number: number, direction: Direction): number {
    const value = this.state(number) === 'failed' ? NaN : this.value(number);
    if (Number.isFinite(value)) return value;
    return direction === 'minimize' ? Infinity : -Infinity;
  }

  get #widths(): RowWidths {
    return { parameters: this.width, objectives: this.objectives };
  }

  #complete(place: number, number: number): void {
    if (place >= this.#completions.length) {
      const longer = new Uint32Array(Math.max(place + 1, this.#completions.length * 2)).fill(
        NOT_ENDED,
      );
      longer.set(this.#completions);
      this.#completions = longer;
    }
    this.#completions[place] = number;
  }

  #reserve(rows: number): void {
    const held = this.columns.state.length;
    if (rows <= held) return;
    this.columns = grownColumns(this.columns, Math.max(rows, Math.ceil(held * 1.5)), this.#widths);
  }

  #bump(): void {
    this.#version += 1;
    this.#changed();
  }
}

function emptyColumns(rows: number, widths: RowWidths): Columns {
  const columns = emptyArrays(rows, widths);
  columns.state.fill(ABSENT);
  return columns;
}

function grownColumns(held: Columns, rows: number, widths: RowWidths): Columns {
  const grown = emptyColumns(rows, widths);
  for (const name of Object.keys(held) as (keyof Columns)[]) grown[name].set(held[name]);
  return grown;
}

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float32Array | Float64Array;
type Constructor<T extends Numbers> = { readonly BYTES_PER_ELEMENT: number } & (new (
  buffer: ArrayBufferLike,
  offset?: number,
  length?: number,
) => T);

/** Bytes as numbers; without a copy when they are aligned. */
function viewed<T extends Numbers>(bytes: Uint8Array, Kind: Constructor<T>): T {
  const size = Kind.BYTES_PER_ELEMENT;
  if (bytes.byteLength % size !== 0)
    throw new RangeError(`a column of ${bytes.byteLength} bytes: expected a multiple of ${size}`);
  if (bytes.byteOffset % size === 0)
    return new Kind(bytes.buffer, bytes.byteOffset, bytes.byteLength / size);
  return new Kind(bytes.slice().buffer);
}

/** Adds a trial to a set, or removes it. */
function keep(trials: Set<number>, number: number, belongs: boolean): void {
  if (belongs) trials.add(number);
  else trials.delete(number);
}

function scatter(
  name: string,
  bytes: Uint8Array,
  numbers: Uint32Array,
  into: Numbers,
  width: number,
): void {
  // The constructor of every typed array creates its own type.
  const from = viewed(bytes, into.constructor as Constructor<Numbers>);
  sameLength(name, from.length, numbers.length * width);
  for (let i = 0; i < numbers.length; i++) {
    const to = at(numbers, i) * width;
    // eslint-disable-next-line @typescript-eslint/no-non-null-assertion -- innermost loop over every cell of a study; the length is checked above
    for (let j = 0; j < width; j++) into[to + j] = from[i * width + j]!;
  }
}

function sameLength(name: string, found: number, expected: number): void {
  if (found !== expected)
    throw new RangeError(
      `column ${name} of the stream: expected ${expected} numbers, found ${found}`,
    );
}
