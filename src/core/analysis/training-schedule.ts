/**
 * Schedule by which a trial was trained: which parameters applied from which epoch on. Where trials
 * are parts of a training, that is the chain of the trials whose checkpoints it went on from.
 */
import type { Origin, Sampler } from '../samplers/sampler.ts';

/** @template Point parameters of a trial */
export interface ScheduleEntry<Point> {
  /** Number of epochs trained before these parameters applied. */
  readonly epoch: number;
  readonly params: Point;
}

/** Reads trials by number; null: not known here. */
export type OriginOf = (number: number) => Pick<Origin, 'parents' | 'generation'> | null;

/**
 * Returns the entries in ascending order of epoch, without those that repeat the parameters before
 * them; null: the sampler's trials are whole trainings, or the chain is not known.
 */
export function trainingSchedule<Point>(
  { partOf }: Pick<Sampler, 'partOf'>,
  trial: number,
  originOf: OriginOf,
  paramsOf: (number: number) => Point,
  areEqual: (a: Point, b: Point) => boolean,
): ScheduleEntry<Point>[] | null {
  if (partOf === undefined) return null;
  const entries: ScheduleEntry<Point>[] = [];
  for (let number: number | null = trial; number !== null;) {
    const origin = originOf(number);
    if (origin === null) return null;
    const { source, from } = partOf(origin);
    entries.unshift({ epoch: from, params: paramsOf(number) });
    number = source;
  }
  return entries.filter(({ params }, i) => {
    const before = entries[i - 1];
    return before === undefined || !areEqual(before.params, params);
  });
}
