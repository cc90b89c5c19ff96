/**
 * Distinguishes a study that the user stopped before its rules did, and that can be resumed, from a
 * finished one.
 */
import type { Direction } from './direction.ts';

/** The reason of a study in the state `ending` or `finished` that the user stopped. */
export const STOPPED_BY_USER = 'stopped by the user';

/** Fields of a study in the window's rows and the command line's summaries. */
export interface StudyStanding {
  /** Null: another program's study. */
  readonly state: string | null;
  readonly reason: string | null;
  readonly direction: Direction;
  readonly counts: { readonly complete: number; readonly pruned: number; readonly failed: number };
  readonly limits: { readonly trials: number | null; readonly target: number | null };
  readonly best: { readonly value: number } | null;
}

export interface Stopped {
  /** Number of ended trials. */
  readonly ended: number;
  /** The study's limit; null: none. */
  readonly of: number | null;
  /** Number of trials up to the limit; null: there is no limit. */
  readonly remaining: number | null;
}

/** @returns null: not stopped by the user, or a stop rule has been met since */
export function stoppedEarly({ state, reason, ...study }: StudyStanding): Stopped | null {
  if (state !== 'finished' || reason !== STOPPED_BY_USER || hasReachedTarget(study)) return null;
  const { complete, pruned, failed } = study.counts;
  const ended = complete + pruned + failed;
  const of = study.limits.trials;
  if (of !== null && ended >= of) return null;
  return { ended, of, remaining: of === null ? null : of - ended };
}

function hasReachedTarget({
  best,
  direction,
  limits: { target },
}: Pick<StudyStanding, 'best' | 'direction' | 'limits'>): boolean {
  if (best === null || target === null) return false;
  return direction === 'minimize' ? best.value <= target : best.value >= target;
}
