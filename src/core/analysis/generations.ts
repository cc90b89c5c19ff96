/** Best value per generation of a synchronous evolution, as in published tables. */
import type { Origin } from '../samplers/sampler.ts';
import type { Direction } from '../study/study-spec.ts';

export interface GenerationBest {
  readonly generation: number;
  /** Number of its trials that have ended. */
  readonly trials: number;
  /** Best finite value; null if there is none. */
  readonly best: number | null;
}

/**
 * Returns the generations in order. Trials may be in any order; those that have not ended or have
 * no origin are ignored.
 */
export function bestPerGeneration(
  trials: Iterable<{
    readonly origin: Origin | null;
    readonly outcome: string | null;
    readonly value: number | null;
  }>,
  direction: Direction,
): GenerationBest[] {
  const generations: { generation: number; trials: number; best: number | null }[] = [];
  for (const { origin, outcome, value } of trials) {
    if (origin === null || outcome === null) continue;
    const entry = (generations[origin.generation] ??= {
      generation: origin.generation,
      trials: 0,
      best: null,
    });
    entry.trials += 1;
    if (value === null || !Number.isFinite(value)) continue;
    if (entry.best === null || (direction === 'maximize' ? value > entry.best : value < entry.best))
      entry.best = value;
  }
  return Object.values(generations);
}
