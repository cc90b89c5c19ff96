/**
 * Who may still be a parent, and since when the others may not: the evolution samplers' own rule,
 * replayed. An ended trial is alive while it is among the best μ that its sampler breeds from; it
 * is displaced when enough better ones have ended. Not a picture: what is drawn of it is the
 * window's.
 *
 * - Without a barrier (`evolution`): the pool is the best μ finite values among the completions so
 *   far, so a trial dies with a completion, and the first birth without it is the first whose
 *   proposal was decided on a history that shows that completion.
 * - In generations (`generational`): generation g is bred from the best μ of all trials of the
 *   generations before g, whatever their values. A trial that μ better ones of its own or later
 *   generations have outdone is known to be out before its generation has ended; the order in which
 *   they end changes nothing but who is named.
 */
import type { Sampler } from '../samplers/sampler.ts';
import { Column } from '../study/column.ts';
import type { Direction } from '../study/direction.ts';
import { Leaderboard } from '../study/leaderboard.ts';

/**
 * What is read of a study's trials; `TrialColumns` is it, and so is anything over a window's typed
 * arrays.
 */
export interface LifeTrials {
  readonly direction: Direction;
  /** Numbers below this have been born. */
  readonly size: number;
  /** How many have ended. */
  readonly ended: number;
  /** Number of the i-th completion, 0 ≤ i < ended. */
  completion(i: number): number;
  /** Of an ended trial: how many ended before it. */
  finishSeq(number: number): number;
  /** Of an ended trial: the value it ranks by; not finite where it failed or diverged. */
  value(number: number): number;
  /**
   * How many completions its sampler was shown when it was proposed; never falls from number to
   * number.
   */
  basis(number: number): number;
}

/** How a sampler chooses who may be a parent. */
export interface Pool {
  /** μ: how many may be parents at once. */
  readonly size: number;
  /** Births in a generation; null: nobody waits for a generation to end. */
  readonly generation: number | null;
}

/** The pool of a sampler; null: it breeds from nobody (grid, random). */
export function poolOf({ window, barrier }: Pick<Sampler, 'window' | 'barrier'>): Pool | null {
  if (window.kind !== 'best') return null;
  if (barrier === null) return { size: window.count, generation: null };
  // The first number that waits for more than nothing is the first of generation 1.
  let first = 1;
  while (barrier(first) === barrier(0) && first < window.count * 2) first += 1;
  return { size: window.count, generation: first };
}

/**
 * `open`: has not ended. `alive`: may be a parent. `displaced`: could have been one, until better
 * ones ended. `passed`: never could, it ended worse than the pool or without a value.
 */
export type Life = 'open' | 'alive' | 'displaced' | 'passed';

const LIVES: readonly Life[] = ['open', 'alive', 'displaced', 'passed'];
const [ALIVE, DISPLACED, PASSED] = [1, 2, 3];

export class Lifelines {
  readonly #trials: LifeTrials;
  readonly #pool: Pool;
  #board: Leaderboard;
  #lives = new Column((length) => new Uint8Array(length));
  /** The displacer's number + 1; 0: nobody yet. */
  #displacers = new Column((length) => new Uint32Array(length));
  /** Completions taken in. */
  #seen = 0;
  /** The latest generation of which a trial has been taken in. */
  #generation = 0;

  constructor(trials: LifeTrials, pool: Pool) {
    this.#trials = trials;
    this.#pool = pool;
    this.#board = new Leaderboard(trials.direction, pool.size);
  }

  /**
   * Takes in what has ended since the last call, O(μ) each.
   * @returns those that were alive before and are not now, and those that ended since without ever
   *   being alive
   */
  update(): readonly number[] {
    const gone: number[] = [];
    for (; this.#seen < this.#trials.ended; this.#seen++) {
      const number = this.#trials.completion(this.#seen);
      if (this.#generationOf(number) < this.#generation) {
        // Only where a person's own trial took a number of a generation that was not due yet.
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

  /** Numbers of those alive, the best first. */
  get alive(): readonly number[] {
    return this.#board.best(this.#pool.size);
  }

  life(number: number): Life {
    return LIVES[this.#lives.get(number)] ?? 'open';
  }

  /** Whose end took its place; null: it is open or alive, or never had a place. */
  displacedBy(number: number): number | null {
    return this.#lives.get(number) === DISPLACED ? this.#displacers.get(number) - 1 : null;
  }

  /**
   * The first birth (without generations: its trial number) or generation that could not have it as
   * a parent, where its life line ends; null: open or alive. May be `size`, the next birth. O(log
   * size).
   */
  displacedAt(number: number): number | null {
    const life = this.#lives.get(number);
    if (life !== DISPLACED && life !== PASSED) return null;
    const by = life === DISPLACED ? this.#displacers.get(number) - 1 : number;
    return this.#pool.generation === null
      ? this.#firstBirthAfter(this.#trials.finishSeq(by))
      : this.#generationOf(by) + 1;
  }

  /** @returns who is out of the pool because of it, perhaps itself; null: nobody */
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

  /** The first `count` completions anew, generation by generation. */
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
   * By number, as the sampler's barrier has it, so that a person's own trials count where they
   * stand.
   */
  #generationOf(number: number): number {
    return this.#pool.generation === null ? 0 : Math.floor(number / this.#pool.generation);
  }

  /** The smallest number whose proposal was shown the completion; `size` where none was. */
  #firstBirthAfter(finishSeq: number): number {
    let [low, high] = [0, this.#trials.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#trials.basis(middle) > finishSeq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
