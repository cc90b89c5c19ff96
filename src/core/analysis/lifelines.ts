/**
 * Life lines: which trials can still become parents, and since when the others cannot, by replaying
 * the selection rule of the evolution samplers. An ended trial is alive while it is one of the best
 * μ that its sampler breeds from, and displaced once enough better trials have ended. Drawing is
 * the window's part.
 *
 * - Asynchronous (`evolution`): the population is the best μ finite values among the completions so
 *   far. A completion displaces a trial; the first birth that cannot descend from the displaced
 *   trial is the first whose history includes that completion.
 * - Synchronous (`generational`): generation g is bred from the best μ of all trials of earlier
 *   generations, whatever their values. A trial that μ better ones of its own or later generations
 *   have outperformed is known to be displaced before the generation has ended. The order of
 *   completion within the generation only affects which trial is named as the displacer.
 */
import type { Sampler } from '../samplers/sampler.ts';
import { Column } from '../study/column.ts';
import type { Direction } from '../study/direction.ts';
import { Leaderboard } from '../study/leaderboard.ts';

/**
 * Trials of a study as this analysis reads them; implemented by `TrialColumns` and by the window's
 * typed arrays.
 */
export interface LifeTrials {
  readonly direction: Direction;
  /** Number of trials proposed so far; trials are numbered from 0. */
  readonly size: number;
  /** Number of trials that have ended. */
  readonly ended: number;
  /** Trial number of the i-th completion, 0 ≤ i < ended. */
  completion(i: number): number;
  /** Number of completions before this trial's; only for ended trials. */
  finishSeq(number: number): number;
  /** Value by which an ended trial is ranked; not finite if it failed or diverged. */
  value(number: number): number;
  /**
   * History length of a proposal: number of completions that its sampler had seen. Never decreases
   * with the trial number.
   */
  historyLength(number: number): number;
}

/** Selection rule of a sampler. */
export interface Pool {
  /** Population size μ: number of trials that can be parents at the same time. */
  readonly size: number;
  /** Number of births per generation; null for asynchronous samplers. */
  readonly generation: number | null;
}

/** Returns the selection rule of a sampler; null if it does not breed (grid, random). */
export function poolOf({
  window,
  barrier,
  breedsFrom,
}: Pick<Sampler, 'window' | 'barrier' | 'breedsFrom'>): Pool | null {
  const size = window.kind === 'best' ? window.count : breedsFrom;
  if (size === undefined) return null;
  if (barrier === null) return { size, generation: null };
  // Generation 1 starts at the first number whose barrier is above 0.
  let first = 1;
  while (barrier(first) === barrier(0) && first < size * 2) first += 1;
  return { size, generation: first };
}

/**
 * `open`: not ended. `alive`: can become a parent. `displaced`: could become a parent until better
 * trials ended. `passed`: never could, because it ended worse than the population or without a
 * value.
 */
export type Life = 'open' | 'alive' | 'displaced' | 'passed';

const LIVES: readonly Life[] = ['open', 'alive', 'displaced', 'passed'];
const [ALIVE, DISPLACED, PASSED] = [1, 2, 3];

export class Lifelines {
  readonly #trials: LifeTrials;
  readonly #pool: Pool;
  #board: Leaderboard;
  #lives = new Column((length) => new Uint8Array(length));
  /** Number of the displacing trial + 1; 0 if not displaced. */
  #displacers = new Column((length) => new Uint32Array(length));
  /** Number of completions processed. */
  #seen = 0;
  /** Latest generation with a processed trial. */
  #generation = 0;

  constructor(trials: LifeTrials, pool: Pool) {
    this.#trials = trials;
    this.#pool = pool;
    this.#board = new Leaderboard(trials.direction, pool.size);
  }

  /**
   * Processes the completions since the last call, O(μ) each.
   * @returns trials that were alive and no longer are, and trials that ended without ever being
   *   alive
   */
  update(): readonly number[] {
    const gone: number[] = [];
    for (; this.#seen < this.#trials.ended; this.#seen++) {
      const number = this.#trials.completion(this.#seen);
      if (this.#generationOf(number) < this.#generation) {
        // Happens only if a trial that the user enqueued has a number of a generation that is not
        // due yet.
        const before = [...this.alive, number];
        this.#replay(this.#seen + 1);
        gone.push(...before.filter((other) => this.life(other) !== 'alive'));
        continue;
      }
      const left = this.#take(number);
      if (left !== null) gone.push(left);
    }
    return gone;
  }

  /** Numbers of the trials that are alive, best first. */
  get alive(): readonly number[] {
    return this.#board.best(this.#pool.size);
  }

  life(number: number): Life {
    return LIVES[this.#lives.get(number)] ?? 'open';
  }

  /**
   * Trial whose completion displaced this one; null if it is open, alive or never was in the
   * population.
   */
  displacedBy(number: number): number | null {
    return this.#lives.get(number) === DISPLACED ? this.#displacers.get(number) - 1 : null;
  }

  /**
   * End of the trial's life line: the first birth (its trial number; asynchronous samplers) or
   * generation that cannot have it as a parent; null if it is open or alive. May equal `size`, the
   * next birth. O(log size).
   */
  displacedAt(number: number): number | null {
    const life = this.#lives.get(number);
    if (life !== DISPLACED && life !== PASSED) return null;
    const by = life === DISPLACED ? this.#displacers.get(number) - 1 : number;
    return this.#pool.generation === null
      ? this.#firstBirthAfter(this.#trials.finishSeq(by))
      : this.#generationOf(by) + 1;
  }

  /**
   * Adds a completion to the population.
   * @returns the trial that leaves the population as a result, possibly `number` itself; null if
   *   none
   */
  #take(number: number): number | null {
    this.#generation = Math.max(this.#generation, this.#generationOf(number));
    const value = this.#trials.value(number);
    const left =
      this.#pool.generation === null && !Number.isFinite(value)
        ? number
        : this.#board.offer(number, value);
    if (left !== number) this.#lives.set(number, ALIVE);
    if (left === null) return null;
    this.#lives.set(left, left === number ? PASSED : DISPLACED);
    if (left !== number) this.#displacers.set(left, number + 1);
    return left;
  }

  /** Replays the first `count` completions by generation. */
  #replay(count: number): void {
    const numbers = Array.from({ length: count }, (_, i) => this.#trials.completion(i));
    numbers.sort(
      (a, b) =>
        this.#generationOf(a) - this.#generationOf(b) ||
        this.#trials.finishSeq(a) - this.#trials.finishSeq(b),
    );
    this.#board = new Leaderboard(this.#trials.direction, this.#pool.size);
    this.#lives = new Column((length) => new Uint8Array(length));
    this.#displacers = new Column((length) => new Uint32Array(length));
    for (const number of numbers) this.#take(number);
  }

  /**
   * Generation by trial number, as the sampler's barrier defines it, so that trials that the user
   * enqueued belong to the generation of their number.
   */
  #generationOf(number: number): number {
    return this.#pool.generation === null ? 0 : Math.floor(number / this.#pool.generation);
  }

  /** Smallest trial number whose history includes the completion; `size` if there is none. */
  #firstBirthAfter(finishSeq: number): number {
    let [low, high] = [0, this.#trials.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#trials.historyLength(middle) > finishSeq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
