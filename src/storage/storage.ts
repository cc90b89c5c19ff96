/**
 * The contract of a lab's storage: one writer, fenced by epoch; any number of readers. `sqlite.ts`
 * keeps a file that Optuna opens as it is; `memory.ts` keeps nothing. One contract suite holds for
 * both.
 */
import type { LabSnapshot, Write } from '../core/scheduling/index.ts';
import type { EndedState } from '../core/scheduling/index.ts';

/**
 * A trial of ours that another program had ended when our end was to be written; nothing of ours
 * was.
 */
export interface EndedElsewhere {
  readonly study: string;
  readonly number: number;
  readonly state: EndedState;
  readonly value: number | null;
}

export interface Committed {
  readonly endedElsewhere: readonly EndedElsewhere[];
}

export interface LabStorage {
  /** The epoch of this opening, durable before `open` returned. */
  readonly epoch: number;
  /** The lab as it was found; each iteration of a study's trials reads them anew. */
  readonly lab: LabSnapshot;
  /**
   * Writes the steps' writes in order in one transaction: all or nothing, durable when it returns.
   * A trial found ended by another program is skipped and reported.
   * @throws StorageError `fenced` when another process took the lab over; this object never writes
   *   again
   * @throws StorageError with `temporary` when the same commit may succeed later; nothing was
   *   written
   */
  commit(steps: readonly (readonly Write[])[]): Committed;
  /**
   * Looks whether what was committed still stands where the next opening finds it; `commit` and
   * `close` do so too.
   * @throws StorageError log-lost: another program deleted or replaced the file or its log; nothing
   *   is ever written again
   */
  verify(): void;
  close(): void;
}
