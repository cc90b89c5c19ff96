/** A run whose flags and files are already resolved. */
import type { Limits } from '../../core/study/study-spec.ts';
import type { Captured } from '../../objectives/objective-kind.ts';
import type { MappedHistory } from '../../studies/start-from/map-history.ts';
import type { RunDisplay } from '../display/run-display.ts';
import type { ExitCode } from '../process/exit-codes.ts';
import type { SearchFlags } from './flags-without-effect.ts';
import type { ResolvedStudy } from './resolve-study.ts';

export interface ResolvedRun extends ResolvedStudy {
  /**
   * Takes what trials need of this machine's files, if a new study is created; null: it is taken,
   * or the study is stored.
   */
  readonly capture: (() => Promise<Captured>) | null;
  /** Searches whose trials the study starts from. */
  readonly histories: readonly MappedHistory[];
  /** Null: one for each core. */
  readonly workers: number | null;
  /** Names of the devices to use, as given; null: every device. */
  readonly devices: readonly string[] | null;
  /** Absolute path of the lab file. */
  readonly lab: string;
  /** Absolute path of the file for the best configurations; null: none is written. */
  readonly exportTo: string | null;
  /** Limits given by flags; only these change the limits of a resumed study. */
  readonly limitFlags: Partial<Limits>;
  /** Flags that only a new study takes. */
  readonly searchFlags: SearchFlags;
  /** Uid of the lab's study that the run names; null: it names a file or preset. */
  readonly stored: string | null;
  /** TCP port on which the lab is shared, 0 for any free one; null: it is not shared. */
  readonly sharePort: number | null;
  /** True to resume the study of this name in the lab file; otherwise a new one is created. */
  readonly resume: boolean;
  /** Command line that resumes after an interruption. */
  readonly resumeCommand: string;
  /** Absolute path of `resources/`. */
  readonly resources: string;
}

/**
 * Runs a study to its end or to an interruption, notifies the display, and returns the exit code.
 */
export type RunStudy = (run: ResolvedRun, display: RunDisplay) => Promise<ExitCode>;
