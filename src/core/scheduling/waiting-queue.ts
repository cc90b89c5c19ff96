/**
 * Trials of a study that could start now, smallest number first, and the same by shape key where
 * cohorts need equal trials. Trials that wait for a time are in the timers until then. O(log
 * trials) each.
 */
import { Heap } from './heap.ts';

export interface Waiting {
  readonly number: number;
  /** Null: may share a cohort with any trial. */
  readonly shapeKey: string | null;
  /** Bookkeeping of `WaitingQueue`: whether it is in the queue. */
  queued: boolean;
}

export class WaitingQueue<Trial extends Waiting> {
  readonly #all = byNumber<Trial>();
  readonly #byKey = new Map<string, Heap<Trial>>();
  /** Number of trials that could start now. */
  size = 0;

  add(trial: Trial): void {
    if (trial.queued) return;
    trial.queued = true;
    this.size += 1;
    this.#all.push(trial);
    if (trial.shapeKey === null) return;
    let alike = this.#byKey.get(trial.shapeKey);
    if (alike === undefined) this.#byKey.set(trial.shapeKey, (alike = byNumber<Trial>()));
    alike.push(trial);
  }

  /** Entries that remain in the heaps are skipped later. */
  remove(trial: Trial): void {
    if (!trial.queued) return;
    trial.queued = false;
    this.size -= 1;
  }

  /** The smallest number; null: none. */
  get first(): number | null {
    return skipLeft(this.#all)?.number ?? null;
  }

  /** Removes and returns the trial with the smallest number below `limit` that fits. */
  take(limit: number, fits: (trial: Trial) => boolean): Trial | null {
    return this.#takeFrom(this.#all, limit, fits);
  }

  /** Returns whether a trial below `limit` fits. */
  some(limit: number, fits: (trial: Trial) => boolean): boolean {
    return this.#find(this.#all, limit, fits) !== null;
  }

  /** As `take`, among trials that may share a cohort with `trial`. */
  takeAlike(trial: Trial, limit: number, fits: (trial: Trial) => boolean): Trial | null {
    if (trial.shapeKey === null) return this.take(limit, fits);
    const alike = this.#byKey.get(trial.shapeKey);
    if (alike === undefined) return null;
    const found = this.#takeFrom(alike, limit, fits);
    if (skipLeft(alike) === undefined) this.#byKey.delete(trial.shapeKey);
    return found;
  }

  #takeFrom(heap: Heap<Trial>, limit: number, fits: (trial: Trial) => boolean): Trial | null {
    const found = this.#find(heap, limit, fits);
    if (found !== null) this.remove(found);
    return found;
  }

  #find(heap: Heap<Trial>, limit: number, fits: (trial: Trial) => boolean): Trial | null {
    const passed: Trial[] = [];
    let found: Trial | null = null;
    for (
      let trial = skipLeft(heap);
      found === null && trial !== undefined && trial.number < limit;
      trial = skipLeft(heap)
    ) {
      heap.pop();
      passed.push(trial);
      if (fits(trial)) found = trial;
    }
    for (const trial of passed) heap.push(trial);
    return found;
  }
}

/** Returns the heap's first entry that still waits. */
function skipLeft<Trial extends Waiting>(heap: Heap<Trial>): Trial | undefined {
  for (let trial = heap.peek(); trial !== undefined; trial = heap.peek()) {
    if (trial.queued) return trial;
    heap.pop();
  }
  return undefined;
}

function byNumber<Trial extends Waiting>(): Heap<Trial> {
  return new Heap<Trial>((a, b) => a.number < b.number);
}
