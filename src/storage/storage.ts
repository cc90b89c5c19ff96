/**
 * The contract of a lab's storage: one writer, fenced by epoch; any number of readers. `sqlite.ts`
 * keeps a file that Optuna opens without conversion; `memory.ts` keeps nothing. One contract suite
 * covers both.
 */
import type { LabSnapshot, Write } from '../core/scheduling/index.ts';
import type { Problem } from '../core/errors.ts';
import type { EditRequest } from './edit-requests.ts';
import type { EndedState } from '../core/scheduling/index.ts';
import type { Figures } from '../core/study/objectives.ts';

/** A trial that another program had ended first, so that the project's result was not written. */
export interface EndedElsewhere {
  readonly study: string;
  readonly number: number;
  readonly state: EndedState;
  readonly value: number | null;
  /** Present where the study lists objectives and the other program wrote a value for each. */
  readonly figures?: Figures;
}

/** A trial that another program enqueued in a study of this lab (`Study.enqueue_trial`). */
export interface EnqueuedElsewhere {
  /** Its `trial_id`. */
  readonly row: number;
  readonly study: string;
  /** The attribute `fixed_params`, parsed as JSON; undefined: it has none. */
  readonly params: unknown;
}

export interface Committed {
  readonly endedElsewhere: readonly EndedElsewhere[];
}

export interface LabStorage {
  /** Epoch of this opening, durable before `open` returned. */
  readonly epoch: number;
  /** The lab's state when it was opened; each iteration of a study's trials reads them again. */
  readonly lab: LabSnapshot;
  /**
   * Writes the steps' writes in order in one transaction, durable when it returns. Skips and
   * reports a trial that another program has ended.
   * @throws StorageError `fenced` when another process took over the lab; this object never writes
   *   again
   * @throws StorageError with `temporary` when the same commit may succeed later; nothing was
   *   written
   */
  commit(steps: readonly (readonly Write[])[]): Committed;
  /**
   * Checks that committed data are still where the next opening finds them; `commit` and `close` do
   * so too.
   * @throws StorageError log-lost: another program deleted or replaced the file or its log; nothing
   *   is ever written again
   */
  verify(): void;
  /** Returns whether this opening still owns the lab: it is open, and no other took it over. */
  holds(): boolean;
  /**
   * Trials that other programs have enqueued and no program has claimed, in order; null: as at the
   * last call. A proposal with `claims` takes one; if another program was faster, the proposal gets
   * a row of its own.
   */
  enqueuedElsewhere(): readonly EnqueuedElsewhere[] | null;
  /** Ends such a trial as failed, with the reason as its attribute `galapagos:refused`. */
  refuseEnqueued(row: number, reason: string): void;
  /** Requests to edit a search that other programs made since the last call, in order. */
  editRequests(): readonly EditRequest[];
  /** Answers a request that led to no edit. */
  refuseEdit(row: number, problems: readonly Problem[]): void;
  close(): void;
}
