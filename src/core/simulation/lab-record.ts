/**
 * In-memory substitute for a lab file: takes the scheduler's writes, commit by commit, and returns
 * them to a scheduler that restarts. Not a storage: no fence, no other programs, nothing durable.
 */
import { headOf } from '../scheduling/index.ts';
import type {
  AttemptOutcome,
  AuditedValue,
  Difference,
  LabSnapshot,
  StoredAttempt,
  StoredAudit,
  StoredMismatch,
  StoredStudy,
  StoredTrial,
  TrialState,
  Write,
} from '../scheduling/index.ts';

interface RecordedAttempt extends StoredAttempt {
  outcome: AttemptOutcome | null;
  /** Detail written with its end. */
  detail: string | null;
}

type RecordedTrial = {
  -readonly [Key in keyof Omit<StoredTrial, 'reports' | 'unsettled'>]: StoredTrial[Key];
} & { attempts: RecordedAttempt[]; reports: Map<number, number> };

type RecordedStudy = {
  -readonly [Key in keyof Omit<StoredStudy, 'head' | 'trials' | 'audits'>]: StoredStudy[Key];
} & {
  trials: RecordedTrial[];
  /** Audits that are not over, by trial number. */
  audits: Map<number, AuditedValue>;
};

interface RecordedAudit {
  readonly study: string;
  readonly number: number;
  readonly attemptNumber: number;
  readonly slot: string;
  outcome: AttemptOutcome | null;
  value: number | null;
  difference: Difference | null;
}

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;

export class LabRecord {
  epoch = 0;
  readonly #studies = new Map<string, RecordedStudy>();
  /** Attempts of audits by study, number and attempt number. */
  readonly #audits = new Map<string, RecordedAudit>();
  #mismatches: StoredMismatch[] = [];

  /** Starts a scheduler: its epoch, and the lab's current contents. */
  open(): { epoch: number; lab: LabSnapshot } {
    this.epoch += 1;
    for (const audit of this.#audits.values()) audit.outcome ??= 'lost';
    return { epoch: this.epoch, lab: this.snapshot() };
  }

  snapshot(): LabSnapshot {
    const studies = [...this.#studies.values()].map((study) => {
      const trials = study.trials.map(stored);
      return { ...study, head: headOf(study, trials), trials, audits: this.#auditsOf(study) };
    });
    return { uid: 'simulated', studies, mismatches: [...this.#mismatches] };
  }

  #auditsOf({ uid, audits }: RecordedStudy): StoredAudit[] {
    const attempts = [...this.#audits.values()].filter(({ study }) => study === uid);
    return [...audits]
      .map(([number, audited]) => ({
        number,
        ...audited,
        attempts: attempts
          .filter((attempt) => attempt.number === number)
          .map(({ attemptNumber, slot, outcome, value, difference }) => ({
            ...{ attemptNumber, slot, value, difference },
            outcome: outcome ?? 'lost',
          })),
      }))
      .sort((a, b) => a.number - b.number);
  }

  /** The recorded trial; undefined: there is none. */
  trial(study: string, number: number): StoredTrial | undefined {
    const trial = this.#studies.get(study)?.trials[number];
    return trial === undefined ? undefined : stored(trial);
  }

  /** All attempts of a trial, settled or not. */
  attempts(study: string, number: number): readonly Readonly<RecordedAttempt>[] {
    return this.#studies.get(study)?.trials[number]?.attempts ?? [];
  }

  commit(writes: readonly Write[]): void {
    for (const write of writes) this.#apply(write);
  }

  #apply(write: Write): void {
    switch (write.op) {
      case 'study':
        this.#createStudy(write);
        return;
      case 'studyState':
        Object.assign(this.#study(write.uid), { state: write.state, reason: write.reason });
        return;
      case 'limits':
        Object.assign(this.#study(write.uid), { limits: write.limits, limit: write.limit });
        return;
      case 'activeMs':
        this.#study(write.uid).activeMs = write.activeMs;
        return;
      case 'searchEdited':
        Object.assign(this.#study(write.uid), { spec: write.spec });
        return;
      case 'description': {
        const { uid, name, note, deleted } = write;
        const study = this.#study(uid);
        Object.assign(study, { spec: { ...study.spec, name }, note, deleted });
        return;
      }
      case 'trialsRemoved':
        Object.assign(this.#study(write.uid), { removing: true }).trials.splice(write.from);
        return;
      case 'studyRemoved':
        this.#studies.delete(write.uid);
        return;
      case 'proposal':
        this.#propose(write);
        return;
      case 'attemptStarted':
        this.#startAttempt(write);
        return;
      case 'reported':
        this.#report(write);
        return;
      case 'verdict':
        this.#setVerdict(write);
        return;
      case 'attemptEnded':
        this.#endedAttempt(write);
        return;
      case 'trialEnded':
        this.#endedTrial(write);
        return;
      case 'trialBack':
        this.#takeBack(write);
        return;
      case 'auditDue':
        this.#dueAudit(write);
        return;
      case 'auditSettled':
        if (!this.#study(write.uid).audits.delete(write.number))
          throw new Error(`trial ${write.number} has no audit that could be over`);
        return;
      case 'auditStarted':
        this.#startAudit(write);
        return;
      case 'auditEnded':
        this.#endedAudit(write);
        return;
      case 'mismatch':
        this.#addMismatch(write);
        return;
      case 'mismatchesForgotten':
        this.#mismatches = this.#mismatches.filter(({ node }) => node !== write.node);
        return;
      default:
        write satisfies never;
    }
  }

  #createStudy(write: Of<'study'>): void {
    const { uid, spec, limits, limit } = write;
    const fresh = {
      state: 'running',
      reason: null,
      activeMs: 0,
      note: '',
      deleted: false,
      removing: false,
      executor: null,
    } as const;
    this.#studies.set(uid, {
      ...{ uid, spec, limits, limit, ...fresh },
      trials: [],
      audits: new Map(),
    });
  }

  #startAttempt(write: Of<'attemptStarted'>): void {
    const { attempt, slot, incarnation, cohort } = write;
    const trial = this.#trial(attempt.study, attempt.number);
    if (trial.verdict !== undefined)
      throw new Error(`trial ${attempt.number} starts in spite of its verdict`);
    if (trial.attempts.some(({ attemptNumber }) => attemptNumber === attempt.attemptNumber))
      throw new Error(`attempt ${attempt.number}/${attempt.attemptNumber} started twice`);
    trial.attempts.push({
      attemptNumber: attempt.attemptNumber,
      slot,
      incarnation,
      cohort,
      outcome: null,
      detail: null,
    });
    trial.attemptNumber = attempt.attemptNumber;
    this.#move(trial, 'running');
  }

  #report(write: Of<'reported'>): void {
    const trial = this.#trial(write.attempt.study, write.attempt.number);
    if (trial.state !== 'running')
      throw new Error(`trial ${write.attempt.number} reported without running`);
    trial.reports.set(write.step, write.value);
  }

  #setVerdict(write: Of<'verdict'>): void {
    const trial = this.#trial(write.uid, write.number);
    const isPaused = trial.state === 'waiting' && trial.attempts.at(-1)?.outcome === 'paused';
    if (trial.verdict !== undefined || (trial.state !== 'running' && !isPaused))
      throw new Error(`a second verdict on trial ${write.number}, or one that does not run`);
    trial.verdict = write.verdict;
  }

  #endedAttempt(write: Of<'attemptEnded'>): void {
    const { study, number, attemptNumber } = write.attempt;
    const { attempts, reports } = this.#trial(study, number);
    const attempt = attempts.find((candidate) => candidate.attemptNumber === attemptNumber);
    if (attempt?.outcome !== null)
      throw new Error(`attempt ${number}/${attemptNumber} ended twice, or never began`);
    attempt.outcome = write.outcome;
    attempt.detail = write.detail;
    for (const { step, value } of write.result?.reports ?? []) reports.set(step, value);
  }

  #endedTrial(write: Of<'trialEnded'>): void {
    const { uid, number, state, outcome, value, finishSeq, figures } = write;
    const trial = this.#trial(uid, number);
    this.#move(trial, state);
    trial.end = { outcome, value, finishSeq, ...(figures === undefined ? {} : { figures }) };
  }

  #takeBack(write: Of<'trialBack'>): void {
    const { uid, number, crashes, deaths, memoryFailures, laneCap, checkpoint = 0 } = write;
    const trial = this.#trial(uid, number);
    if (trial.verdict !== undefined)
      throw new Error(`trial ${number} waits in spite of its verdict`);
    this.#move(trial, 'waiting');
    for (const step of [...trial.reports.keys()])
      if (step >= checkpoint) trial.reports.delete(step);
    Object.assign(trial, { crashes, deaths, memoryFailures, laneCap });
  }

  #dueAudit(write: Of<'auditDue'>): void {
    const { uid, number, value, slot, arithmetic, figures, until } = write;
    const { audits } = this.#study(uid);
    if (audits.has(number)) throw new Error(`a second audit of trial ${number}`);
    audits.set(number, { value, slot, arithmetic, figures, until });
  }

  #startAudit(write: Of<'auditStarted'>): void {
    const { study, number, attemptNumber } = write.attempt;
    const { attempts, end } = this.#trial(study, number);
    if (!this.#study(study).audits.has(number))
      throw new Error(`audit ${number}/${attemptNumber} is not due`);
    if (end === null) throw new Error(`audit ${number}/${attemptNumber} of an open trial`);
    if (attempts.some((attempt) => attempt.attemptNumber === attemptNumber))
      throw new Error(`audit ${number}/${attemptNumber} has the number of an attempt`);
    const name = `${study}/${number}/${attemptNumber}`;
    if (this.#audits.has(name)) throw new Error(`audit ${name} began twice`);
    const { slot } = write;
    const open = { outcome: null, value: null, difference: null };
    this.#audits.set(name, { ...write.attempt, slot, ...open });
  }

  #endedAudit(write: Of<'auditEnded'>): void {
    const { study, number, attemptNumber } = write.attempt;
    const name = `${study}/${number}/${attemptNumber}`;
    const audit = this.#audits.get(name);
    if (audit?.outcome !== null) throw new Error(`audit ${name} ended twice, or never began`);
    const { outcome, value, difference } = write;
    Object.assign(audit, { outcome, value, difference });
  }

  #addMismatch(write: Of<'mismatch'>): void {
    const { uid, number, node, metric, value, from, found, by } = write;
    if (this.#mismatches.some((each) => each.uid === uid && each.number === number))
      throw new Error(`trial ${number} has two wrong values`);
    this.#mismatches.push({ uid, number, node, metric, value, from, found, by });
  }

  #propose({ uid, number, params, origin, historyLength }: Of<'proposal'>): void {
    const { trials } = this.#study(uid);
    if (number !== trials.length)
      throw new Error(`trial ${number} proposed after ${trials.length}`);
    const counters = { attemptNumber: 0, crashes: 0, deaths: 0, memoryFailures: 0, laneCap: 0 };
    trials.push({
      number,
      state: 'waiting',
      params,
      origin,
      historyLength,
      end: null,
      ...counters,
      reports: new Map(),
      attempts: [],
    });
  }

  #move(trial: RecordedTrial, to: TrialState): void {
    if (trial.end !== null) throw new Error(`trial ${trial.number} written after its end`);
    trial.state = to;
  }

  #study(uid: string): RecordedStudy {
    const study = this.#studies.get(uid);
    if (study === undefined) throw new Error(`no study ${uid}`);
    return study;
  }

  #trial(uid: string, number: number): RecordedTrial {
    const trial = this.#study(uid).trials[number];
    if (trial === undefined) throw new Error(`no trial ${number}`);
    return trial;
  }
}

function stored({ attempts, reports, ...trial }: RecordedTrial): StoredTrial {
  const pauses = attempts.filter(({ outcome }) => outcome === 'paused').length;
  return {
    ...trial,
    ...(pauses === 0 ? {} : { pauses, isPaused: attempts.at(-1)?.outcome === 'paused' }),
    reports: [...reports].map(([step, value]) => ({ step, value })).sort((a, b) => a.step - b.step),
    unsettled: attempts
      .filter(({ outcome }) => outcome === null)
      .map((attempt) => ({ ...attempt })),
  };
}
