/**
 * Input of the code that carries a run out: a study whose flags and files are already resolved.
 */
import type { Limits } from '../core/study/study-spec.ts';
import type { RunDisplay } from './display/run-display.ts';
import type { ExitCode } from './exit-codes.ts';
import type { ResolvedStudy } from './resolve-study.ts';

export interface ResolvedRun extends ResolvedStudy {
  /** Null: as many as this machine has cores. */
  readonly workers: number | null;
  /** The absolute path of the lab file. */
  readonly lab: string;
  /** The absolute path of the file for the best configurations; null: none is written. */
  readonly exportTo: string | null;
  /** The limits that flags gave: they alone change those of a study that is gone on with. */
  readonly limitFlags: Partial<Limits>;
  /** Go on with the study of this name in the lab file; without it a new one is begun. */
  readonly resume: boolean;
  /** What to type to go on after an interruption. */
  readonly resumeCommand: string;
  /** The absolute path of `resources/`. */
  readonly resources: string;
}

/**
 * Runs a study to its end or to an interruption, tells the display, and says how the process should
 * exit.
 */
export type RunStudy = (run: ResolvedRun, display: RunDisplay) => Promise<ExitCode>;
