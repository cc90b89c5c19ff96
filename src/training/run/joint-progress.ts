/** Combines the progress of groups of lanes that train side by side. */
import type { TrainProgress } from '../objective/objective.ts';

type Progress = (progress: TrainProgress) => void;

/**
 * Returns the progress callback of the i-th group. It reports the sum over the groups that have
 * reported any.
 */
export function jointProgress(report: Progress | undefined): (group: number) => Progress {
  const done = new Map<number, TrainProgress>();
  const sum = (of: 'step' | 'steps'): number =>
    [...done.values()].reduce((all, progress) => all + progress[of], 0);
  return (group) => (progress) => {
    done.set(group, progress);
    report?.({ ...progress, step: sum('step'), steps: sum('steps') });
  };
}
