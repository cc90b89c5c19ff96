/**
 * Running animations of births and deaths, 240 ms each; none beyond 20 births a second or with
 * reduced motion.
 */
import type { Motion } from './draw-overlay.ts';

const LENGTH = 240;
const MOST_A_SECOND = 20;

export class Motions {
  readonly #begun = new Map<number, { readonly kind: Motion['kind']; readonly at: number }>();
  readonly #births: number[] = [];

  /**
   * @param now on the clock of animation frames
   * @param wanted whether animations are allowed
   */
  begin(kind: Motion['kind'], numbers: readonly number[], now: number, wanted: boolean): void {
    if (kind === 'birth')
      for (let i = 0; i < Math.min(numbers.length, MOST_A_SECOND + 1); i++) this.#births.push(now);
    while ((this.#births[0] ?? Infinity) < now - 1000) this.#births.shift();
    if (!wanted || this.#births.length > MOST_A_SECOND) return;
    for (const number of numbers.slice(0, MOST_A_SECOND))
      this.#begun.set(number, { kind, at: now });
  }

  /** Trials that are animated now. */
  get moving(): ReadonlySet<number> {
    return new Set(this.#begun.keys());
  }

  /** @returns the current animations, and whether one has ended since the last call */
  at(now: number): { readonly motions: readonly Motion[]; readonly arrived: boolean } {
    const motions: Motion[] = [];
    let arrived = false;
    for (const [number, { kind, at }] of this.#begun) {
      const part = (now - at) / LENGTH;
      if (part < 1) motions.push({ number, kind, part: eased(Math.max(0, part)) });
      else {
        this.#begun.delete(number);
        arrived = true;
      }
    }
    return { motions, arrived };
  }
}

/** Fast at first, like `--ease` of the style sheet. */
function eased(part: number): number {
  return 1 - (1 - part) ** 3;
}
