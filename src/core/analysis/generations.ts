/** What each generation of a synchronous evolution reached, as in the published tables. */
import type { Origin } from '../samplers/sampler.ts';
import type { Direction } from '../study/study-spec.ts';

export interface GenerationBest {
  readonly generation: number;
  /** How many of its trials have ended. */
  readonly trials: number;
  /** Null: none of them gave a finite value. */
  readonly best: number | null;
}

/** Of trials in any order; those that have not ended or have no origin count nowhere. */
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
