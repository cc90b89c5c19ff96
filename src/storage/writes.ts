/**
 * Applies the scheduler's writes to a lab file, one function for each kind, inside a transaction
 * that `sqlite.ts` opens and closes. Skips and reports a trial that another program has ended.
 */
import type { Write } from '../core/scheduling/index.ts';
import { AuditRows } from './audit-rows.ts';
import { paramsBlob } from './columns.ts';
import { answerEdit } from './edit-requests.ts';
import type { Connection, Statement } from './connection.ts';
import { StorageError } from './errors.ts';
import { raiseFormat } from './format.ts';
import { HistoryRows, withoutHistory } from './history-rows.ts';
import { METRIC_COLUMNS, metricNumbers } from './metric-columns.ts';
import { optunaDate } from './optuna-encoding.ts';
import { OptunaRows } from './optuna-rows.ts';
import { PredictionRows } from './prediction-rows.ts';
import { pythonJson } from './python-json.ts';
import type { EndedElsewhere } from './storage.ts';
import { removeStudy, removeTrials, writeDescription } from './study-description.ts';
import { StudyRows } from './study-rows.ts';

type Of<Op extends Write['op']> = Extract<Write, { op: Op }>;

export class Writes {
  readonly #connection: Connection;
  readonly #optuna: OptunaRows;
  readonly #studies = new Map<string, StudyRows>();
  /** Studies known to exist in this transaction. */
  readonly #seen = new Set<string>();
  readonly #insertProposal: Statement;
  readonly #insertAttempt: Statement;
  readonly #setRunning: Statement;
  readonly #setTrialId: Statement;
  readonly #endAttempt: Statement;
  readonly #endTrial: Statement;
  readonly #setBack: Statement;
  readonly #audits: AuditRows;
  readonly #predictions: PredictionRows;
  readonly #history: HistoryRows;
  #nowMs = 0;
  /** The same instant in Optuna's format. */
  #date = '';

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#optuna = new OptunaRows(connection);
    this.#audits = new AuditRows(connection);
    this.#predictions = new PredictionRows(connection);
    this.#history = new HistoryRows(connection);
    const prepare = (sql: string): Statement => connection.prepare(sql);
    this.#insertProposal = prepare(
      `INSERT INTO galapagos_trial (study, number, state, params, operator, parents, generation, basis) VALUES (?, ?, 'waiting', ?, ?, ?, ?, ?)`,
    );
    this.#insertAttempt = prepare(
      'INSERT INTO galapagos_attempt (study, number, k, slot, spawn, session, cohort, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#setRunning = prepare(
      "UPDATE galapagos_trial SET state = 'running', trial_id = ? WHERE study = ? AND number = ?",
    );
    this.#setTrialId = prepare(
      'UPDATE galapagos_trial SET trial_id = ? WHERE study = ? AND number = ?',
    );
    this.#endAttempt = prepare(
      `UPDATE galapagos_attempt SET ${['outcome', 'ended_at', 'result', 'detail', ...METRIC_COLUMNS].map((name) => `${name} = ?`).join(', ')}
       WHERE study = ? AND number = ? AND k = ? AND outcome IS NULL`,
    );
    this.#endTrial = prepare(
      'UPDATE galapagos_trial SET trial_id = ?, state = ?, outcome = ?, value = ?, finish_seq = ?, ended_by = ?, story = ? WHERE study = ? AND number = ?',
    );
    this.#setBack = prepare(
      `UPDATE galapagos_trial SET state = 'waiting', crashes = ?, deaths = ?, memory_failures = ?, lane_cap = ?
       WHERE study = ? AND number = ? AND state IN ('waiting', 'running')`,
    );
  }

  /** Must be called inside a transaction; when it throws, roll back and call `forget`. */
  apply(steps: readonly (readonly Write[])[], now: Date): EndedElsewhere[] {
    this.#nowMs = now.getTime();
    this.#date = optunaDate(now);
    this.#seen.clear();
    const endedElsewhere: EndedElsewhere[] = [];
    for (const writes of steps) {
      const skipped = this.#endRows(writes, endedElsewhere);
      for (const write of writes) {
        if (skipped?.has(trialOf(write)) !== true) this.#write(write);
      }
    }
    return endedElsewhere;
  }

  /** Call after a rollback: remembered rows may never have been written. */
  forget(): void {
    this.#studies.clear();
  }

  /**
   * Ends the rows of the trials that end in these writes first, so that a trial ended by another
   * program is detected before any of its data is written.
   */
  #endRows(writes: readonly Write[], endedElsewhere: EndedElsewhere[]): Set<string> | null {
    let skipped: Set<string> | null = null;
    for (const write of writes) {
      if (write.op !== 'trialEnded' || write.outcome === 'endedElsewhere') continue;
      const study = this.#study(write.uid);
      const trial = study.trial(write.number);
      const trialId = trial.trialId ?? this.#giveRows(study, write.number);
      if (this.#optuna.endTrial(trialId, write.state, this.#date)) continue;
      const found = this.#optuna.foundEnd(trialId, study.listed);
      if (found === null)
        throw this.#refuse(
          'damaged',
          `trial ${write.number} is not running in Optuna's table, but not ended either`,
          'RUNNING',
        );
      endedElsewhere.push({ study: write.uid, number: write.number, ...found });
      (skipped ??= new Set()).add(trialOf(write));
    }
    return skipped;
  }

  #write(write: Write): void {
    switch (write.op) {
      case 'study':
        this.#createStudy(write);
        break;
      case 'studyState':
        this.#setStudy('state = ?, reason = ?', write.uid, write.state, write.reason);
        break;
      case 'limits':
        this.#setStudy(
          'limits = ?, trial_limit = ?',
          write.uid,
          JSON.stringify(write.limits),
          write.limit,
        );
        break;
      case 'activeMs':
        this.#setStudy('active_ms = ?', write.uid, write.activeMs);
        break;
      case 'searchEdited':
        this.#editSearch(write);
        break;
      case 'description':
        writeDescription(this.#connection, this.#study(write.uid), write);
        break;
      case 'trialsRemoved':
        removeTrials(this.#connection, this.#study(write.uid), write.from);
        break;
      case 'studyRemoved':
        removeStudy(this.#connection, this.#study(write.uid));
        this.#studies.delete(write.uid);
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
        this.#setVerdict(write);
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
        this.#audits.due(this.#study(write.uid).key, write);
        break;
      case 'auditSettled':
        this.#audits.settle(this.#study(write.uid).key, write.number);
        break;
      case 'auditStarted':
        this.#audits.start(this.#study(write.attempt.study).key, write, this.#nowMs);
        break;
      case 'auditEnded':
        this.#audits.end(this.#study(write.attempt.study).key, write, this.#nowMs);
        break;
      case 'mismatch':
        this.#audits.mismatch(this.#study(write.uid).key, write, this.#nowMs);
        break;
      case 'mismatchesForgotten':
        this.#audits.forget(write);
        break;
      default:
        write satisfies never;
    }
  }

  #createStudy({ uid, spec, limits, limit }: Of<'study'>): void {
    const studyId = this.#optuna.createStudy(uid, spec);
    this.#connection.run(
      `INSERT INTO galapagos_study (uid, study_id, state, limits, trial_limit, active_ms, spec) VALUES (?, ?, 'running', ?, ?, 0, ?)`,
      uid,
      studyId,
      JSON.stringify(limits),
      limit,
      JSON.stringify(withoutHistory(spec)),
    );
    raiseFormat(this.#connection, spec);
    if (spec.history !== undefined) this.#history.insert(this.#study(uid).key, spec.history);
  }

  #editSearch({ uid, spec, request }: Of<'searchEdited'>): void {
    this.#setStudy('spec = ?', uid, JSON.stringify(withoutHistory(spec)));
    raiseFormat(this.#connection, spec);
    this.#optuna.describeStudy(this.#study(uid).studyId, spec);
    // Rows of later trials have other distributions.
    this.#studies.delete(uid);
    if (request !== undefined) answerEdit(this.#connection, request, { accepted: true });
  }

  #setStudy(columns: string, uid: string, ...values: (string | number | null)[]): void {
    const { key } = this.#study(uid);
    this.#connection.run(`UPDATE galapagos_study SET ${columns} WHERE id = ?`, ...values, key);
  }

  #propose({ uid, number, params, origin, historyLength, claims }: Of<'proposal'>): void {
    const study = this.#study(uid);
    if (params.length !== study.axes.length)
      throw this.#refuse(
        'contradiction',
        `trial ${number} has ${params.length} parameters`,
        `${study.axes.length}`,
      );
    const parents = origin.parents.length === 0 ? null : JSON.stringify(origin.parents);
    this.#insertProposal.run([
      study.key,
      number,
      paramsBlob(params),
      origin.operator,
      parents,
      origin.generation,
      historyLength,
    ]);
    if (origin.prediction !== undefined)
      this.#predictions.insert(study.key, number, origin.prediction);
    this.#history.insertAncestors(study.key, number, origin.ancestors ?? []);
    const trial = { number, params, origin, trialId: null, attempts: [] };
    study.proposed(trial);
    const row = claims === undefined ? null : this.#optuna.claim(study, trial, claims, this.#date);
    if (row !== null) this.#setTrialId.run([row, study.key, number]);
  }

  #startAttempt({
    attempt: { study: uid, number, attemptNumber },
    slot,
    incarnation,
    session,
    cohort,
  }: Of<'attemptStarted'>): void {
    const study = this.#study(uid);
    const trial = study.trial(number);
    const trialId = trial.trialId ?? this.#giveRows(study, number);
    this.#insertAttempt.run([
      study.key,
      number,
      attemptNumber,
      slot,
      incarnation,
      session,
      cohort,
      this.#nowMs,
    ]);
    this.#setRunning.run([trialId, study.key, number]);
    study.attemptStarted(trial, attemptNumber, slot);
  }

  /**
   * Inserts rows in number order, so that Optuna's numbers equal the project's: every smaller trial
   * without a row gets one too.
   * @returns the trial's own row; the caller, who writes to the project's table anyway, records it
   *   there
   */
  #giveRows(study: StudyRows, number: number): number {
    let trialId = NaN;
    for (const trial of study.rowless(number)) {
      trialId = this.#optuna.insertTrial(study, trial, this.#date);
      if (trial.number < number) this.#setTrialId.run([trialId, study.key, trial.number]);
    }
    return trialId;
  }

  /** Ignores reports of a trial that another program has ended. */
  #report({ attempt: { study: uid, number }, step, value }: Of<'reported'>): void {
    const { trialId } = this.#study(uid).trial(number);
    if (trialId !== null && this.#optuna.isRunning(trialId))
      this.#optuna.setIntermediate(trialId, step, value);
  }

  #setVerdict({ uid, number, verdict }: Of<'verdict'>): void {
    const { trialId } = this.#study(uid).trial(number);
    if (trialId !== null) this.#optuna.setVerdict(trialId, verdict);
  }

  #endedAttempt({
    attempt: { study: uid, number, attemptNumber },
    outcome,
    result,
    detail,
  }: Of<'attemptEnded'>): void {
    const study = this.#study(uid);
    const json = result === null ? null : pythonJson(result);
    const changes = this.#endAttempt.run([
      outcome,
      this.#nowMs,
      json,
      detail,
      ...metricNumbers(result),
      study.key,
      number,
      attemptNumber,
    ]);
    if (changes !== 1)
      throw this.#refuse(
        'contradiction',
        `attempt ${uid}/${number}/${attemptNumber} is not open`,
        'an attempt without an outcome',
      );
    const trialId = study.attemptEnded(number, attemptNumber, result);
    if (trialId !== null)
      for (const { step, value } of result?.reports ?? [])
        this.#optuna.setIntermediate(trialId, step, value);
  }

  #endedTrial({
    uid,
    number,
    state,
    outcome,
    value,
    figures,
    finishSeq,
    attemptNumber,
    story,
  }: Of<'trialEnded'>): void {
    const study = this.#study(uid);
    const trial = study.trial(number);
    if (outcome !== 'endedElsewhere')
      this.#describeEnd(study, trial.number, {
        state,
        outcome,
        value,
        attemptNumber,
        ...(figures === undefined ? {} : { figures }),
      });
    const stored = Number.isNaN(value) ? null : value;
    const lines = story.length === 0 ? null : JSON.stringify(story);
    this.#endTrial.run([
      trial.trialId,
      state,
      outcome,
      stored,
      finishSeq,
      attemptNumber,
      lines,
      study.key,
      number,
    ]);
    study.ended(number);
  }

  #describeEnd(
    study: StudyRows,
    number: number,
    end: Pick<Of<'trialEnded'>, 'state' | 'outcome' | 'value' | 'figures' | 'attemptNumber'>,
  ): void {
    const { trialId, attempts, origin } = study.trial(number);
    if (trialId === null || (end.state === 'complete' && Number.isNaN(end.value))) {
      throw this.#refuse(
        'contradiction',
        `trial ${number} ends complete without a value`,
        'a value',
      );
    }
    const last = attempts.find((attempt) => attempt.attemptNumber === end.attemptNumber);
    const { executor, device, ms, metrics } = last?.result ?? {};
    const { operator, parents, generation } = origin;
    const lineage = { operator, parents, generation };
    const about = {
      outcome: end.outcome,
      attempt: end.attemptNumber,
      slot: last?.slot,
      executor,
      device,
      ms,
      lineage,
      metrics,
    };
    this.#optuna.describeEnd(trialId, end.state === 'failed' ? NaN : end.value, end.figures, about);
  }

  #takeBack({
    uid,
    number,
    crashes,
    deaths,
    memoryFailures,
    laneCap,
    checkpoint = 0,
  }: Of<'trialBack'>): void {
    const study = this.#study(uid);
    const { key } = study;
    const { trialId } = study.trial(number);
    // Reports of a further attempt replace those of the earlier one.
    if (trialId !== null) this.#optuna.dropIntermediates(trialId, checkpoint);
    const changes = this.#setBack.run([crashes, deaths, memoryFailures, laneCap, key, number]);
    if (changes !== 1)
      throw this.#refuse(
        'contradiction',
        `trial ${number} of study ${uid} is not open`,
        'an open trial',
      );
  }

  #study(uid: string): StudyRows {
    let study = this.#studies.get(uid);
    if (study === undefined) {
      study = new StudyRows(this.#connection, uid);
      this.#studies.set(uid, study);
    }
    if (!this.#seen.has(uid)) {
      if (!this.#optuna.ownsStudy(uid, study.studyId))
        throw this.#refuse(
          'study-gone',
          `another program deleted or renamed the study ${uid}`,
          'the study',
        );
      this.#seen.add(uid);
    }
    return study;
  }

  #refuse(
    code: 'contradiction' | 'damaged' | 'study-gone',
    what: string,
    expected: string,
  ): StorageError {
    const { file } = this.#connection;
    return new StorageError(code, file, `${file}: ${what}`, { expected, found: what });
  }
}

/** Key of the trial that a write concerns; empty for writes on a study. */
function trialOf(write: Write): string {
  switch (write.op) {
    case 'attemptStarted':
    case 'reported':
    case 'attemptEnded':
    case 'auditStarted':
    case 'auditEnded':
      return `${write.attempt.study}/${write.attempt.number}`;
    case 'verdict':
    case 'trialEnded':
    case 'trialBack':
    case 'proposal':
    case 'auditDue':
    case 'auditSettled':
    case 'mismatch':
      return `${write.uid}/${write.number}`;
    case 'study':
    case 'studyState':
    case 'limits':
    case 'activeMs':
    case 'searchEdited':
    case 'description':
    case 'trialsRemoved':
    case 'studyRemoved':
    case 'mismatchesForgotten':
      return '';
    default:
      return write satisfies never;
  }
}
