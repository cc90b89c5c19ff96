/**
 * A lab in memory under the same contract as the file, for tests, simulations and benchmarks. The
 * state of a killed process is what the previous object holds: pass it to open the lab again,
 * fenced like a file.
 */
import { randomUUID } from 'node:crypto';
import { headOf } from '../core/scheduling/index.ts';
import type {
  EndedState,
  LabSnapshot,
  StoredMismatch,
  StoredStudy,
  StoredTrial,
  Write,
} from '../core/scheduling/index.ts';
import { StorageError } from './errors.ts';
import { afterMismatch, auditsBelow, storedAudits, withAudit } from './memory-audits.ts';
import type { AuditWrite, MemoryAudits } from './memory-audits.ts';
import { storedTrial } from './memory-trials.ts';
import type { Trial } from './memory-trials.ts';
import { withoutNegativeZero, withReports } from './memory-values.ts';
import type { StorageCode } from './errors.ts';
import type { EditRequest } from './edit-requests.ts';
import type { Committed, EndedElsewhere, EnqueuedElsewhere, LabStorage } from './storage.ts';

const FILE = 'memory';

export interface MemoryLab extends LabStorage {
  /** Simulates another program that ends a trial. */
  endElsewhere(study: string, number: number, state: EndedState, value: number | null): void;
  /** Simulates another program that enqueues a trial. @returns its row */
  enqueueElsewhere(study: string, params: unknown): number;
  /** Reasons of refused trials, by row. */
  readonly refusedElsewhere: ReadonlyMap<number, string>;
}

/** @param previous a lab to open again, as after a kill of its owner */
export function memoryLab(previous?: MemoryLab): MemoryLab {
  if (previous !== undefined && !(previous instanceof Memory))
    throw new TypeError('only a lab of this module can be opened again');
  return new Memory(
    previous?.contents ?? {
      uid: randomUUID(),
      epoch: 0,
      studies: new Map(),
      enqueued: [],
      refused: new Map(),
      mismatches: [],
    },
  );
}

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;

interface Contents {
  readonly uid: string;
  epoch: number;
  readonly studies: Map<string, Study>;
  /** Every trial that was enqueued elsewhere, by row; null: claimed or refused. */
  readonly enqueued: (EnqueuedElsewhere | null)[];
  readonly refused: Map<number, string>;
  /** Never changed, but replaced. */
  mismatches: readonly StoredMismatch[];
}

type Study = Omit<StoredStudy, 'audits' | 'head' | 'trials'> & {
  readonly trials: Map<number, Trial>;
  readonly audits: MemoryAudits;
  /** Attempt whose result determined the study's executor. */
  readonly executorOf: { readonly number: number; readonly attemptNumber: number } | null;
};

class Memory implements MemoryLab {
  readonly epoch: number;
  readonly lab: LabSnapshot;
  readonly contents: Contents;
  #closed = false;
  #seen = -1;
  /** Undo operations of the current commit, newest last. */
  #undo: (() => void)[] = [];

  constructor(contents: Contents) {
    this.contents = contents;
    contents.epoch += 1;
    this.epoch = contents.epoch;
    for (const study of contents.studies.values()) takeForeignEnds(study);
    const { uid, mismatches } = contents;
    this.lab = { uid, studies: [...contents.studies.values()].map(stored), mismatches };
  }

  commit(steps: readonly (readonly Write[])[]): Committed {
    if (this.contents.epoch !== this.epoch)
      throw refuse('fenced', 'another process took over this lab');
    if (this.#closed) throw refuse('contradiction', 'the lab was closed');
    const endedElsewhere: EndedElsewhere[] = [];
    this.#undo = [];
    try {
      for (const writes of steps) {
        const skipped = this.#foundEnded(writes);
        endedElsewhere.push(...skipped);
        for (const write of writes)
          if (!skipped.some((trial) => isOf(write, trial))) this.#write(write);
      }
    } catch (error) {
      for (const undo of this.#undo.reverse()) undo();
      throw error;
    }
    return { endedElsewhere };
  }

  verify(): void {
    // Memory cannot be taken over by another process.
  }

  holds(): boolean {
    return !this.#closed && this.contents.epoch === this.epoch;
  }

  endElsewhere(study: string, number: number, state: EndedState, value: number | null): void {
    this.#set(study, number, { foreignEnd: { state, value: value === 0 ? 0 : value } });
  }

  enqueueElsewhere(study: string, params: unknown): number {
    const row = this.contents.enqueued.length;
    this.contents.enqueued.push({ row, study, params });
    return row;
  }

  editRequests(): readonly EditRequest[] {
    // No other program shares its memory.
    return [];
  }

  refuseEdit(): void {
    // There are no requests.
  }

  enqueuedElsewhere(): readonly EnqueuedElsewhere[] | null {
    const { enqueued } = this.contents;
    if (this.#seen === enqueued.length) return null;
    this.#seen = enqueued.length;
    return enqueued.filter((trial) => trial !== null);
  }

  refuseEnqueued(row: number, reason: string): void {
    if (this.contents.enqueued[row] == null) return;
    this.contents.enqueued[row] = null;
    this.contents.refused.set(row, reason);
  }

  get refusedElsewhere(): ReadonlyMap<number, string> {
    return this.contents.refused;
  }

  close(): void {
    this.#closed = true;
  }

  #foundEnded(writes: readonly Write[]): EndedElsewhere[] {
    const found: EndedElsewhere[] = [];
    for (const write of writes) {
      if (write.op !== 'trialEnded' || write.outcome === 'endedElsewhere') continue;
      const { foreignEnd } = this.#trial(write.uid, write.number);
      if (foreignEnd !== null)
        found.push({ study: write.uid, number: write.number, ...foreignEnd });
    }
    return found;
  }

  #write(write: Write): void {
    switch (write.op) {
      case 'study':
        this.#createStudy(write);
        break;
      case 'studyState':
        this.#changeStudy(write.uid, { state: write.state, reason: write.reason });
        break;
      case 'limits':
        this.#changeStudy(write.uid, { limits: write.limits, limit: write.limit });
        break;
      case 'activeMs':
        this.#changeStudy(write.uid, { activeMs: write.activeMs });
        break;
      case 'searchEdited':
        this.#changeStudy(write.uid, { spec: write.spec });
        break;
      case 'description':
        this.#describe(write);
        break;
      case 'trialsRemoved':
        this.#removeTrials(write);
        break;
      case 'studyRemoved':
        this.#removeStudy(write);
        break;
      case 'proposal':
        this.#propose(write);
        break;
      case 'attemptStarted':
        this.#startAttempt(write);
        break;
      case 'reported':
        this.#report(write);
        break;
      case 'verdict':
        this.#trial(write.uid, write.number);
        this.#set(write.uid, write.number, { verdict: write.verdict });
        break;
      case 'attemptEnded':
        this.#endedAttempt(write);
        break;
      case 'trialEnded':
        this.#endedTrial(write);
        break;
      case 'trialBack':
        this.#takeBack(write);
        break;
      case 'auditDue':
      case 'auditSettled':
      case 'auditStarted':
      case 'auditEnded':
        this.#audit(write);
        break;
      case 'mismatch':
      case 'mismatchesForgotten':
        this.#setMismatches(afterMismatch(this.contents.mismatches, write));
        break;
      default:
        write satisfies never;
    }
  }

  #createStudy({ uid, spec, limits, limit }: Of<'study'>): void {
    this.#refuseTaken(spec.name, null);
    this.#setStudy(uid, {
      uid,
      spec,
      state: 'running',
      reason: null,
      limits,
      limit,
      activeMs: 0,
      note: '',
      deleted: false,
      removing: false,
      executor: null,
      executorOf: null,
      trials: new Map(),
      audits: new Map(),
    });
  }

  #describe({ uid, name, note, deleted }: Of<'description'>): void {
    this.#refuseTaken(name, uid);
    this.#changeStudy(uid, { spec: { ...this.#study(uid).spec, name }, note, deleted });
  }

  #removeTrials({ uid: of, from }: Of<'trialsRemoved'>): void {
    const { trials, audits } = this.#study(of);
    this.#changeStudy(of, { removing: true, audits: auditsBelow(audits, from) });
    const { mismatches } = this.contents;
    this.#setMismatches(mismatches.filter(({ uid, number }) => uid !== of || number < from));
    for (const [number, trial] of trials) {
      if (number < from) continue;
      trials.delete(number);
      this.#undo.push(() => trials.set(number, trial));
    }
  }

  #removeStudy({ uid }: Of<'studyRemoved'>): void {
    const study = this.#study(uid);
    this.contents.studies.delete(uid);
    this.#undo.push(() => this.contents.studies.set(uid, study));
  }

  #startAttempt({ attempt, slot, incarnation }: Of<'attemptStarted'>): void {
    const { study, number, attemptNumber } = attempt;
    const { attempts } = this.#trial(study, number);
    if (attempts.some((each) => each.attemptNumber === attemptNumber))
      throw refuse(
        'contradiction',
        `attempt ${study}/${number}/${attemptNumber} has started already`,
      );
    const started = { attemptNumber, slot, incarnation, outcome: null };
    this.#set(study, number, { state: 'running', attempts: [...attempts, started] });
  }

  #report({ attempt: { study, number }, step, value }: Of<'reported'>): void {
    const { reports } = this.#trial(study, number);
    this.#set(study, number, { reports: withReports(reports, [{ step, value }]) });
  }

  #endedAttempt({ attempt, outcome, result }: Of<'attemptEnded'>): void {
    const { study, number, attemptNumber } = attempt;
    const { attempts = [], reports = [] } = this.#study(study).trials.get(number) ?? {};
    if (attempts.find((each) => each.attemptNumber === attemptNumber)?.outcome !== null) {
      throw refuse('contradiction', `attempt ${study}/${number}/${attemptNumber} is not open`);
    }
    this.#set(study, number, {
      attempts: attempts.map((each) =>
        each.attemptNumber === attemptNumber ? { ...each, outcome } : each,
      ),
      reports: withReports(reports, result?.reports ?? []),
    });
    if (['succeeded', 'diverged', 'pruned'].includes(outcome))
      this.#noteExecutor(study, number, attemptNumber, result?.executor);
  }

  #endedTrial({ uid, number, state, outcome, value, figures, finishSeq }: Of<'trialEnded'>): void {
    this.#trial(uid, number);
    if (state === 'complete' && outcome !== 'endedElsewhere' && Number.isNaN(value)) {
      throw refuse('contradiction', `trial ${number} ends complete without a value`);
    }
    // SQLite does not store negative zero.
    this.#set(uid, number, {
      state,
      end: {
        outcome,
        value: value === 0 ? 0 : value,
        finishSeq,
        ...(figures === undefined ? {} : { figures: withoutNegativeZero(figures) }),
      },
    });
  }

  #takeBack(write: Of<'trialBack'>): void {
    const { uid, number, crashes, deaths, memoryFailures, laneCap, checkpoint = 0 } = write;
    const reports = this.#trial(uid, number).reports.filter(({ step }) => step < checkpoint);
    const counters = { crashes, deaths, memoryFailures, laneCap };
    this.#set(uid, number, { state: 'waiting', ...counters, reports });
  }

  #audit(write: AuditWrite): void {
    const uid = 'attempt' in write ? write.attempt.study : write.uid;
    this.#changeStudy(uid, { audits: withAudit(this.#study(uid).audits, write) });
  }

  #setMismatches(mismatches: readonly StoredMismatch[]): void {
    const before = this.contents.mismatches;
    this.contents.mismatches = mismatches;
    this.#undo.push(() => (this.contents.mismatches = before));
  }

  /** Keeps the executor of the result with the smallest trial number. */
  #noteExecutor(
    uid: string,
    number: number,
    attemptNumber: number,
    executor: string | undefined,
  ): void {
    const before = this.#study(uid).executorOf;
    if (
      executor === undefined ||
      (before !== null && (before.number - number || before.attemptNumber - attemptNumber) <= 0)
    )
      return;
    this.#changeStudy(uid, { executor, executorOf: { number, attemptNumber } });
  }

  #propose({ uid, number, params, origin, historyLength, claims = -1 }: Of<'proposal'>): void {
    const { trials, spec } = this.#study(uid);
    if (trials.has(number)) throw refuse('contradiction', `trial ${number} was proposed already`);
    const parameters = Object.keys(spec.searchSpace).length;
    if (params.length !== parameters)
      throw refuse(
        'contradiction',
        `trial ${number} has ${params.length} parameters, not ${parameters}`,
      );
    const counters = { crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 };
    trials.set(number, {
      number,
      state: 'waiting',
      params: params.slice(),
      origin,
      historyLength,
      end: null,
      ...counters,
      reports: [],
      attempts: [],
      foreignEnd: null,
    });
    this.#undo.push(() => trials.delete(number));
    const claimed = this.contents.enqueued[claims] ?? null;
    if (claimed === null) return;
    this.contents.enqueued[claims] = null;
    this.#undo.push(() => (this.contents.enqueued[claims] = claimed));
  }

  #refuseTaken(name: string, by: string | null): void {
    for (const { uid, spec } of this.contents.studies.values()) {
      if (uid !== by && spec.name === name)
        throw refuse('name-taken', `it already contains a study named ${JSON.stringify(name)}`);
    }
  }

  #study(uid: string): Study {
    const study = this.contents.studies.get(uid);
    if (study === undefined) throw refuse('contradiction', `no study ${uid}`);
    return study;
  }

  #setStudy(uid: string, study: Study): void {
    const { studies } = this.contents;
    const before = studies.get(uid);
    studies.set(uid, study);
    this.#undo.push(() => (before === undefined ? studies.delete(uid) : studies.set(uid, before)));
  }

  #changeStudy(uid: string, change: Partial<Study>): void {
    this.#setStudy(uid, { ...this.#study(uid), ...change });
  }

  /** Returns an open trial. */
  #trial(uid: string, number: number): Trial {
    const trial = this.#study(uid).trials.get(number);
    if (trial === undefined)
      throw refuse('contradiction', `trial ${number} of study ${uid} was never proposed`);
    if (trial.end !== null)
      throw refuse('contradiction', `trial ${number} of study ${uid} has ended`);
    return trial;
  }

  #set(uid: string, number: number, change: Partial<Trial>): void {
    const { trials } = this.#study(uid);
    const before = trials.get(number);
    if (before === undefined)
      throw refuse('contradiction', `trial ${number} of study ${uid} was never proposed`);
    trials.set(number, { ...before, ...change });
    this.#undo.push(() => trials.set(number, before));
  }
}

function takeForeignEnds({ trials }: Study): void {
  let finishSeq = 0;
  for (const { end } of trials.values())
    if (end !== null) finishSeq = Math.max(finishSeq, end.finishSeq + 1);
  for (const trial of trials.values()) {
    if (trial.end !== null || trial.foreignEnd === null) continue;
    const { state, value } = trial.foreignEnd;
    trials.set(trial.number, {
      ...trial,
      state,
      end: { outcome: 'endedElsewhere', value: value ?? NaN, finishSeq: finishSeq++ },
    });
  }
}

function stored({
  uid,
  spec,
  state,
  reason,
  limits,
  limit,
  activeMs,
  note,
  deleted,
  removing,
  executor,
  trials,
  audits,
}: Study): StoredStudy {
  const byNumber = (): StoredTrial[] =>
    [...trials.values()].sort((a, b) => a.number - b.number).map(storedTrial);
  return {
    uid,
    spec,
    state,
    reason,
    limits,
    limit,
    activeMs,
    note,
    deleted,
    removing,
    executor,
    head: headOf({ state, spec, limits }, byNumber()),
    audits: storedAudits(audits),
    trials: { [Symbol.iterator]: () => byNumber().values() },
  };
}

function isOf(write: Write, { study, number }: EndedElsewhere): boolean {
  if ('attempt' in write) return write.attempt.study === study && write.attempt.number === number;
  return 'number' in write && write.uid === study && write.number === number;
}

function refuse(code: StorageCode, what: string): StorageError {
  return new StorageError(code, FILE, `${FILE}: ${what}`, {
    expected: 'a write that fits',
    found: what,
  });
}
