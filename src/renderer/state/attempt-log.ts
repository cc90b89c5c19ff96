/**
 * The attempts in memory, by lane in the order of their start, with indexes that avoid a scan
 * whenever an attempt ends. Plain data; `LabState` notifies observers.
 */
import type { AttemptRow } from '../../protocol/window/lab-stream.ts';

/** Attempts of each lane (`laneKey`), which do not overlap. */
export type LaneIndex = ReadonlyMap<string, readonly AttemptRow[]>;

export function laneKey(slot: string, lane: number): string {
  return `${slot} ${lane}`;
}

export class AttemptLog {
  readonly #most: number;
  readonly #byId = new Map<string, AttemptRow>();
  readonly #lanes = new Map<string, AttemptRow[]>();
  readonly #running = new Map<string, AttemptRow>();
  /** First start and last end of the attempts of each study. */
  readonly #firsts = new Map<string, number>();
  readonly #lasts = new Map<string, number>();

  /** @param most maximum number of attempts; beyond it the oldest finished ones are dropped */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#byId.size;
  }

  get lanes(): LaneIndex {
    return this.#lanes;
  }

  /** Running attempts by id. */
  get running(): ReadonlyMap<string, AttemptRow> {
    return this.#running;
  }

  get(id: string): AttemptRow | undefined {
    return this.#byId.get(id);
  }

  values(): IterableIterator<AttemptRow> {
    return this.#byId.values();
  }

  /** Attempts of a worker, lane by lane. */
  ofSlot(slot: string): readonly AttemptRow[] {
    return [...this.#lanes.values()].filter((rows) => rows[0]?.slot === slot).flat();
  }

  /**
   * Start of the first attempt of a study, or of all when null; infinite without any. Milliseconds
   * since 1970.
   */
  first(study: string | null): number {
    if (study === null)
      return Math.min(...[...this.#lanes.values()].map(([row]) => row?.from ?? Infinity), Infinity);
    let first = this.#firsts.get(study);
    if (first === undefined) {
      first = Infinity;
      for (const rows of this.#lanes.values())
        first = Math.min(first, rows.find((row) => row.study === study)?.from ?? Infinity);
      this.#firsts.set(study, first);
    }
    return first;
  }

  /**
   * End of the last attempt of a study, or of all when null; `now` while one runs, −∞ without any.
   */
  last(study: string | null, now: number): number {
    for (const row of this.#running.values()) if (study === null || row.study === study) return now;
    return study === null
      ? Math.max(...this.#lasts.values(), -Infinity)
      : (this.#lasts.get(study) ?? -Infinity);
  }

  /** Merges current attempts. */
  merge(rows: Iterable<AttemptRow>): void {
    for (const row of rows) this.#put(row);
    this.#forget();
  }

  /** Adds stored attempts. Known ones are kept, because they may be more recent. */
  remember(rows: Iterable<AttemptRow>): void {
    for (const row of rows) if (!this.#byId.has(row.id)) this.#put(row);
    this.#forget();
  }

  /** Prepares for a snapshot: drops running attempts, which may have ended since. */
  restart(): void {
    for (const row of this.#running.values()) this.#drop(row);
  }

  clear(): void {
    for (const part of [this.#byId, this.#lanes, this.#running, this.#firsts, this.#lasts])
      part.clear();
  }

  #put(row: AttemptRow): void {
    const before = this.#byId.get(row.id);
    if (before !== undefined) this.#unlane(before);
    this.#byId.set(row.id, row);
    const key = laneKey(row.slot, row.lane);
    const lane = this.#lanes.get(key);
    if (lane === undefined) this.#lanes.set(key, [row]);
    else lane.splice(placeOf(lane, row.from), 0, row);
    if (row.to === null) this.#running.set(row.id, row);
    else this.#lasts.set(row.study, Math.max(this.#lasts.get(row.study) ?? -Infinity, row.to));
    const first = this.#firsts.get(row.study);
    if (first !== undefined && row.from < first) this.#firsts.set(row.study, row.from);
  }

  #drop(row: AttemptRow): void {
    this.#byId.delete(row.id);
    this.#unlane(row);
  }

  #unlane(row: AttemptRow): void {
    this.#running.delete(row.id);
    const key = laneKey(row.slot, row.lane);
    const lane = this.#lanes.get(key);
    const at = lane?.lastIndexOf(row) ?? -1;
    if (lane === undefined || at < 0) return;
    if (at === 0) lane.shift();
    else lane.splice(at, 1);
    if (lane.length === 0) this.#lanes.delete(key);
    if (this.#firsts.get(row.study) === row.from) this.#firsts.delete(row.study);
  }

  #forget(): void {
    while (this.#byId.size > this.#most) {
      let oldest: AttemptRow | null = null;
      for (const [row] of this.#lanes.values())
        if (row?.to != null && row.from < (oldest?.from ?? Infinity)) oldest = row;
      if (oldest === null) return;
      this.#drop(oldest);
    }
  }
}

/** Index after all attempts that began no later; usually the end. */
function placeOf(lane: readonly AttemptRow[], from: number): number {
  let [low, high] = [0, lane.length];
  if ((lane[high - 1]?.from ?? -Infinity) <= from) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lane[middle]?.from ?? Infinity) <= from) low = middle + 1;
    else high = middle;
  }
  return low;
}
