/**
 * A study's trials that could start now, smallest number first, and the same by shape key where
 * cohorts need trials alike. Trials that wait for an instant are with the timers until then. O(log
 * trials) each.
 */
import { Heap } from './heap.ts';

export interface Waiting {
  readonly number: number;
  /** Null: may share a cohort with any. */
  readonly shapeKey: string | null;
  /** `WaitingQueue`'s own note: it is in the queue. */
  queued: boolean;
}

export class WaitingQueue<Trial extends Waiting> {
  readonly #all = byNumber<Trial>();
  readonly #byKey = new Map<string, Heap<Trial>>();
  /** How many could start now. */
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

  /** Entries left in the heaps are skipped when they come up. */
  remove(trial: Trial): void {
    if (!trial.queued) return;
    trial.queued = false;
    this.size -= 1;
  }

  /** The smallest number; null: none waits. */
  get first(): number | null {
    return skipLeft(this.#all)?.number ?? null;
  }

  /** The smallest number below `limit` that fits, taken out. */
  take(limit: number, fits: (trial: Trial) => boolean): Trial | null {
    return this.#takeFrom(this.#all, limit, fits);
  }

  /** Likewise, of those that may share a cohort with `trial`. */
  takeAlike(trial: Trial, limit: number, fits: (trial: Trial) => boolean): Trial | null {
    if (trial.shapeKey === null) return this.take(limit, fits);
    const alike = this.#byKey.get(trial.shapeKey);
    if (alike === undefined) return null;
    const found = this.#takeFrom(alike, limit, fits);
    if (skipLeft(alike) === undefined) this.#byKey.delete(trial.shapeKey);
    return found;
  }

  #takeFrom(heap: Heap<Trial>, limit: number, fits: (trial: Trial) => boolean): Trial | null {
    const passed: Trial[] = [];
    let found: Trial | null = null;
    for (
      let trial = skipLeft(heap);
      trial !== undefined && trial.number < limit;
      trial = skipLeft(heap)
    ) {
      heap.pop();
      if (fits(trial)) {
        found = trial;
        this.remove(trial);
        break;
      }
      passed.push(trial);
    }
    for (const trial of passed) heap.push(trial);
    return found;
  }
}

/** The heap's first entry that still waits. */
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
