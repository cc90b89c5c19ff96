/**
 * Learning rate of a lane at each step, in float64: a function of the step alone, so that resuming
 * needs no history.
 */
import { cosPi, power } from '../../core/elementary.ts';

/** A schedule with the lane's numbers. */
export type LaneSchedule =
  | { readonly type: 'constant' }
  | { readonly type: 'exponential'; readonly gamma: number }
  | { readonly type: 'step'; readonly every: number; readonly gamma: number }
  | { readonly type: 'cosine'; readonly warmup: number; readonly final: number };

/** Frequency with which a value changes. */
export type Varies = 'never' | 'epoch' | 'step';

export function scheduleVaries(type: LaneSchedule['type']): Varies {
  return type === 'constant' ? 'never' : type === 'cosine' ? 'step' : 'epoch';
}

/**
 * @param base α without the schedule
 * @param step step of the run, from 0
 * @param perEpoch steps per epoch
 * @param total T: number of steps of the lane's run
 */
export function learningRateAt(
  schedule: LaneSchedule,
  base: number,
  step: number,
  perEpoch: number,
  total: number,
): number {
  const epoch = Math.floor(step / perEpoch);
  switch (schedule.type) {
    case 'constant':
      return base;
    case 'exponential':
      return base * power(schedule.gamma, epoch);
    case 'step':
      return base * power(schedule.gamma, Math.floor(epoch / schedule.every));
    case 'cosine': {
      const { warmup, final } = schedule;
      if (step < warmup) return (base * (step + 1)) / warmup;
      const done = total > warmup ? Math.min(1, (step - warmup) / (total - warmup)) : 1;
      return base * (final + (1 - final) * 0.5 * (1 + cosPi(done)));
    }
  }
}
