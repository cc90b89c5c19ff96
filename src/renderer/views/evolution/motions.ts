/**
 * Births and deaths that are on their way, 240 ms each; none where there are more than 20 births a
 * second or motion is not wanted.
 */
import type { Motion } from './draw-overlay.ts';

const LENGTH = 240;
const MOST_A_SECOND = 20;

export class Motions {
  readonly #begun = new Map<number, { readonly kind: Motion['kind']; readonly at: number }>();
  readonly #births: number[] = [];

  /** @param now on the clock of animation frames @param wanted whether motion is wanted at all */
  begin(kind: Motion['kind'], numbers: readonly number[], now: number, wanted: boolean): void {
    if (kind === 'birth')
      for (let i = 0; i < Math.min(numbers.length, MOST_A_SECOND + 1); i++) this.#births.push(now);
    while ((this.#births[0] ?? Infinity) < now - 1000) this.#births.shift();
    if (!wanted || this.#births.length > MOST_A_SECOND) return;
    for (const number of numbers.slice(0, MOST_A_SECOND))
      this.#begun.set(number, { kind, at: now });
  }

  /** Trials that are on their way. */
  get moving(): ReadonlySet<number> {
    return new Set(this.#begun.keys());
  }

  /** @returns what moves now, and whether something has arrived since the last call */
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

/** Fast first, as the style sheet's `--ease`. */
function eased(part: number): number {
  return 1 - (1 - part) ** 3;
}
