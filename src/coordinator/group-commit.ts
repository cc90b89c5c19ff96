/**
 * Commits the outbox's writes, many steps in one transaction, and retries while the lab file is
 * busy or its disk is full. Until a commit succeeds nothing leaves the outbox; workers keep their
 * results and stop by themselves.
 */
import type { Instruction } from '../core/scheduling/index.ts';
import type { StorageError } from '../storage/errors.ts';
import type { EndedElsewhere, LabStorage } from '../storage/storage.ts';
import type { TransactionalOutbox } from './transactional-outbox.ts';

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 30_000;

export interface CommitOutcome {
  readonly endedElsewhere: readonly EndedElsewhere[];
  /** Storage has just failed, or works again. */
  readonly change: { readonly stalled: string } | 'back' | null;
}

export class GroupCommit {
  readonly #storage: LabStorage;
  readonly #outbox: TransactionalOutbox;
  #retryMs = 0;
  #retryAt = -Infinity;

  constructor(storage: LabStorage, outbox: TransactionalOutbox) {
    this.#storage = storage;
    this.#outbox = outbox;
  }

  /** Time of the next retry; null: no commit has failed. */
  get retryAt(): number | null {
    return this.#retryMs === 0 ? null : this.#retryAt;
  }

  /**
   * @param now milliseconds of the coordinator's clock
   * @throws StorageError that no retry can fix: fenced, damaged
   */
  commit(now: number): CommitOutcome {
    if (this.#retryMs > 0 && now < this.#retryAt) return { endedElsewhere: [], change: null };
    let endedElsewhere: readonly EndedElsewhere[] = [];
    if (this.#outbox.uncommitted.length > 0) {
      try {
        ({ endedElsewhere } = this.#storage.commit(this.#outbox.uncommitted));
      } catch (error) {
        if (!isTemporary(error)) throw error;
        const first = this.#retryMs === 0;
        this.#retryMs = first ? FIRST_RETRY_MS : Math.min(LAST_RETRY_MS, 2 * this.#retryMs);
        this.#retryAt = now + this.#retryMs;
        return { endedElsewhere: [], change: first ? { stalled: error.message } : null };
      }
    }
    this.#outbox.committed(
      endedElsewhere.length === 0 ? undefined : (instruction) => shows(instruction, endedElsewhere),
    );
    const back = this.#retryMs > 0;
    this.#retryMs = 0;
    return { endedElsewhere, change: back ? 'back' : null };
  }
}

/**
 * Returns whether an instruction shows the end of a trial that was not written because another
 * program had ended the trial.
 */
function shows(instruction: Instruction, ended: readonly EndedElsewhere[]): boolean {
  if (instruction.do !== 'show' || instruction.change.kind !== 'trialEnded') return false;
  const { number } = instruction.change;
  return ended.some((trial) => trial.study === instruction.study && trial.number === number);
}

/** Returns whether the same access may succeed later. */
export function isTemporary(error: unknown): error is StorageError {
  return error instanceof Error && 'temporary' in error && error.temporary === true;
}
