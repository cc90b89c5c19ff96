/** Reads a study of Galapagos from its rows, for display and export. */
import { axesOf } from '../core/search-space/axis.ts';
import type { Axis } from '../core/search-space/axis.ts';
import type { EncodedParams } from '../core/search-space/distribution.ts';
import { toParams } from '../core/search-space/params.ts';
import type { TrialState } from '../core/scheduling/index.ts';
import type { Direction } from '../core/study/direction.ts';
import { Front } from '../core/study/front.ts';
import { directionsOf, violationOf } from '../core/study/objectives.ts';
import type { Listed } from '../core/study/objectives.ts';
import type { HistoryTrial } from '../core/study/start-history.ts';
import { earlyStops } from '../core/study/early-stops.ts';
import type { EarlyStops } from '../core/study/early-stops.ts';
import type { StudyEnergy } from '../core/study/study-energy.ts';
import {
  attemptOutcome,
  parents as parentsSchema,
  storedLimits,
  storedResult,
  storedSpec,
  story as storySchema,
  studyState,
  trialOutcome,
  trialState,
} from '../protocol/lab-file.ts';
import { rowColumns } from '../protocol/window/row-columns.ts';
import { readAudits } from './audit-rows.ts';
import { historyWidth, readAncestors, readHistory } from './history-rows.ts';
import { readPrediction } from './prediction-rows.ts';
import type { Columns } from './columns.ts';
import type { Connection, Row } from './connection.ts';
import type {
  AttemptRecord,
  StudyMoments,
  StudySummary,
  TrialRecord,
  TrialStory,
} from './lab-reader.ts';
import { enqueuedPoints } from './enqueued-elsewhere.ts';
import type { EnqueuedPoints } from './enqueued-elsewhere.ts';
import { FigureRows, widthsOf } from './figures.ts';
import { missingColumns } from './metric-columns.ts';
import { ownMoments, ownRows } from './own-rows.ts';
import type { ReadBlock } from './row-block.ts';
import { Intermediates } from './intermediates.ts';
import { dateOf } from './optuna-encoding.ts';
import { readDescription } from './study-description.ts';
import { prunedEpochs } from './study-head.ts';

/**
 * Trials read at once. Never leaves a statement half-read, because it would block checkpoints of
 * the writer's log.
 */
const PAGE = 1_000;

/** Points read at once. */
const POINTS = 8_192;

const TRIAL_COLUMNS = `ours.number, ours.state, params, operator, parents, generation, basis, ours.outcome, ours.value, finish_seq,
  ended_by, datetime_start, datetime_complete, slot, result,
  (SELECT count(*) FROM galapagos_attempt every WHERE every.study = ours.study AND every.number = ours.number), trials.trial_id,
  CASE ours.state WHEN 'waiting' THEN
    (SELECT outcome = 'paused' FROM galapagos_attempt newest WHERE newest.study = ours.study AND newest.number = ours.number ORDER BY k DESC LIMIT 1) END`;

// A trial's row is looked up within its own study only: SQLite reuses ids after a deletion.
const TRIAL_TABLES = `galapagos_trial ours
  LEFT JOIN trials ON trials.trial_id = ours.trial_id AND trials.study_id = ?2
  LEFT JOIN galapagos_attempt last ON last.study = ours.study AND last.number = ours.number AND last.k = ended_by`;

interface Space extends Listed {
  readonly axes: readonly Axis[];
  readonly direction: Direction;
}

export class OwnStudy {
  readonly studyId: number;
  readonly #connection: Connection;
  readonly #columns: Columns;
  readonly #uid: string;
  readonly #name: string;
  readonly #key: number;
  readonly #intermediates: Intermediates;
  readonly #figures: FigureRows;

  /** @param name from Optuna's table: its dashboard can rename a study */
  constructor(
    connection: Connection,
    columns: Columns,
    found: { uid: string; name: string; key: number; studyId: number },
  ) {
    this.#connection = connection;
    this.#columns = columns;
    this.#uid = found.uid;
    this.#name = found.name;
    this.#key = found.key;
    this.studyId = found.studyId;
    this.#intermediates = new Intermediates(connection, columns);
    this.#figures = new FigureRows(connection);
  }

  summary(): StudySummary {
    const columns = this.#columns;
    const row =
      this.#connection.get(
        'SELECT state, reason, limits, trial_limit, active_ms, spec FROM galapagos_study WHERE id = ?',
        this.#key,
      ) ?? [];
    const spec = columns.json('galapagos_study.spec', storedSpec, row[5]);
    // No single trial is the best by several objectives.
    const [best] = spec.objectives === undefined ? this.best(1) : [];
    const { note, deleted } = readDescription(this.#connection, columns, this.studyId);
    return {
      uid: this.#uid,
      name: this.#name,
      directions: directionsOf(spec) ?? [spec.direction],
      state: columns.parsed('galapagos_study.state', studyState, row[0]),
      reason: columns.textOrNull('galapagos_study.reason', row[1]),
      counts: this.#counts(),
      limits: columns.json('galapagos_study.limits', storedLimits, row[2]),
      limit: columns.integerOrNull('galapagos_study.trial_limit', row[3]),
      activeMs: columns.real('galapagos_study.active_ms', row[4]),
      best:
        best?.value === undefined || best.value === null
          ? null
          : { number: best.number, value: best.value },
      spec: { ...spec, name: this.#name },
      note,
      deleted,
    };
  }

  history(): HistoryTrial[] {
    const { axes, ...listed } = this.#space();
    const width = historyWidth(axes.length, listed);
    return readHistory(this.#connection, this.#columns, this.#key, width);
  }

  parameters(): string[] {
    return this.#space().axes.map(({ name }) => name);
  }

  rows(): Generator<ReadBlock> {
    return ownRows(this.#connection, this.#columns, this.#key);
  }

  moments(): StudyMoments {
    const [best] = this.#space().objectives === undefined ? this.best(1) : [];
    return ownMoments(this.#connection, this.#columns, this.#key, best?.number ?? null);
  }

  energy(): StudyEnergy | null {
    const { stored } = rowColumns.energy;
    if (missingColumns(this.#connection).includes(stored)) return null;
    const columns = this.#columns;
    const [of, trials, joules] =
      this.#connection.get(
        `SELECT count(*), count(${stored}), sum(${stored}) FROM galapagos_trial ours
         LEFT JOIN galapagos_attempt ON galapagos_attempt.study = ours.study
           AND galapagos_attempt.number = ours.number AND galapagos_attempt.k = ended_by
         WHERE ours.study = ? AND ours.outcome IS NOT NULL`,
        this.#key,
      ) ?? [];
    if (joules === null || joules === undefined) return null;
    return {
      joules: columns.real(stored, joules),
      trials: columns.integer('count', trials),
      of: columns.integer('count', of),
    };
  }

  enqueued(): EnqueuedPoints {
    return enqueuedPoints(this.#connection, this.studyId);
  }

  earlyStops(): EarlyStops | undefined {
    const { counts, spec } = this.summary();
    const epochs = prunedEpochs(this.#connection, this.#columns, this.#key);
    return earlyStops(counts, epochs, spec?.pruning);
  }

  *trials(): Generator<TrialRecord> {
    const space = this.#space();
    const page = this.#connection.prepare(
      `SELECT ${TRIAL_COLUMNS} FROM ${TRIAL_TABLES} WHERE ours.study = ?1 AND ours.number >= ?3 ORDER BY ours.number LIMIT ${PAGE}`,
    );
    for (let from = 0; ;) {
      const trials = page
        .all([this.#key, this.studyId, from])
        .map((row) => this.#trial(row, space));
      yield* trials;
      const last = trials.at(-1);
      if (last === undefined) return;
      from = last.number + 1;
    }
  }

  *points(): Generator<EncodedParams> {
    const { length } = this.#space().axes;
    const page = this.#connection.prepare(
      `SELECT number, params FROM galapagos_trial WHERE study = ? AND number >= ?
       ORDER BY number LIMIT ${POINTS}`,
    );
    for (let from = 0; ;) {
      const rows = page.all([this.#key, from]);
      for (const [, params] of rows)
        yield this.#columns.params('galapagos_trial.params', params, length);
      const last = rows.at(-1);
      if (last === undefined) return;
      from = this.#columns.integer('galapagos_trial.number', last[0]) + 1;
    }
  }

  front(): TrialRecord[] | null {
    const listed = this.#space();
    const directions = directionsOf(listed);
    if (directions === undefined) return null;
    const front = new Front(directions);
    const page = this.#connection.prepare(
      `SELECT number, trial_id FROM galapagos_trial WHERE study = ? AND number >= ? AND state = 'complete'
       ORDER BY number LIMIT ${PAGE}`,
    );
    for (let from = 0; ;) {
      const rows = page.all([this.#key, from]);
      for (const [found, trialId] of rows) {
        const number = this.#columns.integer('galapagos_trial.number', found);
        const figures = this.#figures.read(this.#columns, trialId, widthsOf(listed));
        if (figures !== undefined)
          front.offer(number, figures.values, violationOf(listed, figures));
        from = number + 1;
      }
      if (rows.length < PAGE) break;
    }
    return front.numbers.flatMap((number) => this.#record(number) ?? []);
  }

  best(count: number): TrialRecord[] {
    const space = this.#space();
    const order = space.direction === 'minimize' ? 'ASC' : 'DESC';
    return this.#connection
      .all(
        // Finds the trials first; otherwise the columns of all trials would be assembled for
        // sorting.
        `SELECT ${TRIAL_COLUMNS} FROM ${TRIAL_TABLES} WHERE ours.study = ?1 AND ours.number IN (
           SELECT number FROM galapagos_trial WHERE study = ?1 AND state = 'complete' AND abs(value) < 9e999
           ORDER BY value ${order}, number LIMIT ?3)
         ORDER BY ours.value ${order}, ours.number`,
        this.#key,
        this.studyId,
        count,
      )
      .map((row) => this.#trial(row, space));
  }

  story(number: number): TrialStory | null {
    const columns = this.#columns;
    const trial = this.#record(number);
    if (trial === null) return null;
    const stored =
      this.#connection.get(
        'SELECT story FROM galapagos_trial WHERE study = ? AND number = ?',
        this.#key,
        number,
      )?.[0] ?? null;
    const attempts = this.#connection
      .all(
        `SELECT k, slot, spawn, session, cohort, sent_at, ended_at, outcome, result, detail FROM galapagos_attempt
         WHERE study = ? AND number = ? ORDER BY k`,
        this.#key,
        number,
      )
      .map((attempt) => this.#attempt(attempt));
    const prediction = readPrediction(this.#connection, columns, this.#key, number);
    const ancestors = readAncestors(this.#connection, columns, this.#key, number);
    const { origin } = trial;
    return {
      trial:
        origin === null
          ? trial
          : {
              ...trial,
              origin: {
                ...origin,
                ...(ancestors.length === 0 ? {} : { ancestors }),
                ...(prediction === null ? {} : { prediction }),
              },
            },
      attempts,
      audits: readAudits(this.#connection, columns, this.#key, number),
      lines: stored === null ? [] : columns.json('galapagos_trial.story', storySchema, stored),
    };
  }

  #record(number: number): TrialRecord | null {
    const row = this.#connection.get(
      `SELECT ${TRIAL_COLUMNS} FROM ${TRIAL_TABLES} WHERE ours.study = ?1 AND ours.number = ?3`,
      this.#key,
      this.studyId,
      number,
    );
    return row === undefined ? null : this.#trial(row, this.#space());
  }

  #space(): Space {
    const text = this.#connection.get(
      'SELECT spec FROM galapagos_study WHERE id = ?',
      this.#key,
    )?.[0];
    const { searchSpace, direction, objectives, constraints } = this.#columns.json(
      'galapagos_study.spec',
      storedSpec,
      text,
    );
    return {
      axes: axesOf(searchSpace),
      direction,
      ...(objectives === undefined ? {} : { objectives }),
      ...(constraints === undefined ? {} : { constraints }),
    };
  }

  #counts(): Record<TrialState, number> {
    const counts = { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 };
    for (const [state, count] of this.#connection.all(
      'SELECT state, count(*) FROM galapagos_trial WHERE study = ? GROUP BY state',
      this.#key,
    )) {
      counts[this.#columns.parsed('galapagos_trial.state', trialState, state)] =
        this.#columns.integer('count', count);
    }
    return counts;
  }

  #trial(row: Row, { axes, ...listed }: Space): TrialRecord {
    const columns = this.#columns;
    const figures =
      listed.objectives === undefined
        ? undefined
        : this.#figures.read(columns, row[16], widthsOf(listed));
    const encoded = columns.params('galapagos_trial.params', row[2], axes.length);
    const value = columns.real('galapagos_trial.value', row[8]);
    const reports = this.#intermediates.of(row[16]);
    const lastStep = row[17] === 1 ? reports.at(-1)?.step : undefined;
    return {
      number: columns.integer('galapagos_trial.number', row[0]),
      state: columns.parsed('galapagos_trial.state', trialState, row[1]),
      outcome:
        row[7] === null ? null : columns.parsed('galapagos_trial.outcome', trialOutcome, row[7]),
      value: Number.isNaN(value) ? null : value,
      ...(figures === undefined ? {} : { figures }),
      params: toParams(axes, encoded),
      encoded,
      origin: {
        operator: columns.text('galapagos_trial.operator', row[3]),
        parents:
          row[4] === null ? [] : columns.json('galapagos_trial.parents', parentsSchema, row[4]),
        generation: columns.integer('galapagos_trial.generation', row[5]),
      },
      historyLength: columns.integer('galapagos_trial.basis', row[6]),
      finishSeq: columns.integerOrNull('galapagos_trial.finish_seq', row[9]),
      attempts: columns.integer('count', row[15]),
      endedBy: columns.integerOrNull('galapagos_trial.ended_by', row[10]) ?? 0,
      slot: columns.textOrNull('galapagos_attempt.slot', row[13]),
      result:
        row[14] === null ? null : columns.json('galapagos_attempt.result', storedResult, row[14]),
      reports,
      ...(lastStep === undefined ? {} : { pausedAfter: lastStep + 1 }),
      start: dateOf(row[11]),
      complete: dateOf(row[12]),
    };
  }

  #attempt(row: Row): AttemptRecord {
    const columns = this.#columns;
    const ended = columns.integerOrNull('galapagos_attempt.ended_at', row[6]);
    return {
      attemptNumber: columns.integer('galapagos_attempt.k', row[0]),
      slot: columns.text('galapagos_attempt.slot', row[1]),
      incarnation: columns.text('galapagos_attempt.spawn', row[2]),
      session: columns.text('galapagos_attempt.session', row[3]),
      cohort: columns.text('galapagos_attempt.cohort', row[4]),
      sent: new Date(columns.integer('galapagos_attempt.sent_at', row[5])),
      ended: ended === null ? null : new Date(ended),
      outcome:
        row[7] === null
          ? null
          : columns.parsed('galapagos_attempt.outcome', attemptOutcome, row[7]),
      result:
        row[8] === null ? null : columns.json('galapagos_attempt.result', storedResult, row[8]),
      detail: columns.textOrNull('galapagos_attempt.detail', row[9]),
    };
  }
}
