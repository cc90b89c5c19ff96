/**
 * The lab's state as the scheduler restores it: its studies, with trials read a page at a time when
 * iterated. The totals of a finished study are read when they are first asked for, which takes 0.1
 * s for 100,000 trials.
 */
import type {
  LabSnapshot,
  StoredAttempt,
  StoredHead,
  StoredStudy,
  StoredTrial,
} from '../core/scheduling/index.ts';
import type { Figures } from '../core/study/objectives.ts';
import type { StudySpec } from '../core/study/study-spec.ts';
import {
  asStored,
  storedLimits,
  storedResult,
  storedSpec,
  storedVerdict,
  studyState,
  trialOutcome,
  trialState,
} from '../protocol/lab-file.ts';
import { readDueAudits, readMismatches } from './audit-rows.ts';
import { Columns } from './columns.ts';
import type { Connection, Row } from './connection.ts';
import { FigureRows, widthsOf } from './figures.ts';
import { refuseUnknown } from './format.ts';
import { storageError } from './sqlite-failure.ts';
import { readDescription } from './study-description.ts';
import { readHead } from './study-head.ts';
import { historyWidth, readHistory } from './history-rows.ts';
import { Intermediates } from './intermediates.ts';
import { VERDICT } from './optuna-rows.ts';
import { parentsOf } from './stored-parents.ts';

/** Trials read at once, so that no statement stays half-read while the iteration pauses. */
const PAGE = 100;

/** @throws StorageError schema-newer, damaged */
export function readSnapshot(connection: Connection, uid: string): LabSnapshot {
  const columns = new Columns(connection.file);
  const rows = connection.all(
    `SELECT ours.id, uid, state, reason, limits, trial_limit, active_ms, spec, study_name, study_id
     FROM galapagos_study ours JOIN studies USING (study_id) ORDER BY ours.id`,
  );
  const studies = rows.map((row): StoredStudy => {
    const key = columns.integer('galapagos_study.id', row[0]);
    // The name may have been changed in Optuna's dashboard.
    const name = columns.text('studies.study_name', row[8]);
    const stored = columns.json('galapagos_study.spec', storedSpec, row[7]);
    refuseUnknown(connection, name, columns.json('galapagos_study.spec', asStored, row[7]), stored);
    const history = readHistory(
      connection,
      columns,
      key,
      historyWidth(Object.keys(stored.searchSpace).length, stored),
    );
    const spec = {
      ...stored,
      name,
      ...(history.length === 0 ? {} : { history }),
    };
    const state = columns.parsed('galapagos_study.state', studyState, row[2]);
    const limits = columns.json('galapagos_study.limits', storedLimits, row[4]);
    refuseUnknown(
      connection,
      name,
      columns.json('galapagos_study.limits', asStored, row[4]),
      limits,
    );
    let head: { readonly read: StoredHead | null } | null = null;
    return {
      uid: columns.text('galapagos_study.uid', row[1]),
      spec,
      state,
      reason: columns.textOrNull('galapagos_study.reason', row[3]),
      limits,
      limit: columns.integerOrNull('galapagos_study.trial_limit', row[5]),
      activeMs: columns.real('galapagos_study.active_ms', row[6]),
      ...readDescription(connection, columns, columns.integer('studies.study_id', row[9])),
      executor: firstExecutor(connection, columns, key),
      get head() {
        if (state !== 'finished') return null;
        return (head ??= {
          read: headOrError(connection, columns, {
            key,
            direction: spec.direction,
            isListed: spec.objectives !== undefined,
            target: limits.target,
          }),
        }).read;
      },
      audits: spec.audit === undefined ? [] : readDueAudits(connection, columns, key),
      trials: {
        [Symbol.iterator]: () =>
          asStorageErrors(connection.file, readTrials(connection, columns, key, spec)),
      },
    };
  });
  return { uid, studies, mismatches: readMismatches(connection, columns) };
}

/**
 * Executor of the result with the smallest trial number; all results of a study should share it.
 */
function firstExecutor(connection: Connection, columns: Columns, study: number): string | null {
  const row = connection.get(
    `SELECT result FROM galapagos_attempt
     WHERE study = ? AND outcome IN ('succeeded', 'diverged', 'pruned') AND json_extract(result, '$.executor') IS NOT NULL ORDER BY number, k LIMIT 1`,
    study,
  );
  const result = row?.[0] ?? null;
  return result === null
    ? null
    : (columns.json('galapagos_attempt.result', storedResult, result).executor ?? null);
}

/**
 * Same as `readHead`.
 * @throws StorageError if SQLite cannot read the rows
 */
function headOrError(...[connection, columns, of]: Parameters<typeof readHead>): StoredHead | null {
  try {
    return readHead(connection, columns, of);
  } catch (error) {
    throw storageError(error, connection.file, 'read the lab file');
  }
}

/** Yields trials, and converts SQLite's errors to StorageErrors. */
function* asStorageErrors(file: string, trials: Iterable<StoredTrial>): Generator<StoredTrial> {
  try {
    yield* trials;
  } catch (error) {
    throw storageError(error, file, 'read the lab file');
  }
}

function* readTrials(
  connection: Connection,
  columns: Columns,
  study: number,
  spec: StudySpec,
): Generator<StoredTrial> {
  const parameters = Object.keys(spec.searchSpace).length;
  const figures = spec.objectives === undefined ? null : new FigureRows(connection);
  const trials = connection.prepare(
    `SELECT number, state, params, operator, parents, generation, basis, outcome, value, finish_seq, crashes, deaths, memory_failures, lane_cap,
       CASE WHEN EXISTS (SELECT 1 FROM trial_intermediate_values reported WHERE reported.trial_id = galapagos_trial.trial_id) THEN trial_id END, trial_id,
       CASE WHEN state IN ('running', 'pruned') THEN (
         SELECT value_json FROM trial_system_attributes told WHERE told.trial_id = galapagos_trial.trial_id AND key = '${VERDICT}') END
     FROM galapagos_trial WHERE study = ? AND number >= ? ORDER BY number LIMIT ${PAGE}`,
  );
  const newest = connection.prepare(
    `SELECT number, max(k), sum(outcome = 'paused'), max(CASE outcome WHEN 'paused' THEN k ELSE 0 END)
     FROM galapagos_attempt WHERE study = ? AND number BETWEEN ? AND ? GROUP BY number`,
  );
  const open = connection.prepare(
    'SELECT number, k, slot, spawn FROM galapagos_attempt WHERE study = ? AND number BETWEEN ? AND ? AND outcome IS NULL ORDER BY number, k',
  );
  const intermediates = new Intermediates(connection, columns);
  for (let from = 0; ;) {
    const page = trials.all([study, from]);
    const last = page.at(-1);
    if (last === undefined) return;
    const to = columns.integer('galapagos_trial.number', last[0]);
    const attempted = new Map(
      newest.all([study, from, to]).map((row) => [row[0], attemptsOf(columns, row)]),
    );
    const unsettled = byNumber(open.all([study, from, to]));
    for (const row of page) {
      const attempts = (unsettled.get(row[0]) ?? []).map((attempt) =>
        storedAttempt(columns, attempt),
      );
      yield storedTrial(columns, row, parameters, {
        ...(attempted.get(row[0]) ?? { attemptNumber: 0 }),
        reports: intermediates.of(row[14] ?? null),
        unsettled: attempts,
        figures: figures?.read(columns, row[15] ?? null, widthsOf(spec)),
      });
    }
    from = to + 1;
  }
}

/** Returns what the attempts of an open trial come to. */
function attemptsOf(
  columns: Columns,
  row: Row,
): Pick<StoredTrial, 'attemptNumber' | 'pauses' | 'isPaused'> {
  const attemptNumber = columns.integer('galapagos_attempt.k', row[1]);
  const pauses = columns.integer('galapagos_attempt.outcome', row[2] ?? 0);
  if (pauses === 0) return { attemptNumber };
  return { attemptNumber, pauses, isPaused: row[3] === row[1] };
}

/** Parts of a trial that are read from other tables. */
interface ReadBeside extends Pick<
  StoredTrial,
  'attemptNumber' | 'reports' | 'unsettled' | 'pauses' | 'isPaused'
> {
  readonly figures: Figures | undefined;
}

function storedTrial(
  columns: Columns,
  row: Row,
  parameters: number,
  { figures, ...attempts }: ReadBeside,
): StoredTrial {
  const outcome =
    row[7] === null ? null : columns.word('galapagos_trial.outcome', trialOutcome, row[7]);
  return {
    number: columns.integer('galapagos_trial.number', row[0]),
    state: columns.word('galapagos_trial.state', trialState, row[1]),
    params: columns.params('galapagos_trial.params', row[2], parameters),
    origin: {
      operator: columns.text('galapagos_trial.operator', row[3]),
      parents: parentsOf(columns, row[4]),
      generation: columns.integer('galapagos_trial.generation', row[5]),
    },
    historyLength: columns.integer('galapagos_trial.basis', row[6]),
    end:
      outcome === null
        ? null
        : {
            outcome,
            value: columns.real('galapagos_trial.value', row[8]),
            finishSeq: columns.integer('galapagos_trial.finish_seq', row[9]),
            ...(figures === undefined ? {} : { figures }),
          },
    crashes: columns.integer('galapagos_trial.crashes', row[10]),
    deaths: columns.integer('galapagos_trial.deaths', row[11]),
    memoryFailures: columns.integer('galapagos_trial.memory_failures', row[12]),
    laneCap: columns.integer('galapagos_trial.lane_cap', row[13]),
    ...(row[16] === null || row[16] === undefined
      ? {}
      : { verdict: columns.json('trial_system_attributes.value_json', storedVerdict, row[16]) }),
    ...attempts,
  };
}

function storedAttempt(columns: Columns, row: Row): StoredAttempt {
  return {
    attemptNumber: columns.integer('galapagos_attempt.k', row[1]),
    slot: columns.text('galapagos_attempt.slot', row[2]),
    incarnation: columns.text('galapagos_attempt.spawn', row[3]),
    outcome: null,
  };
}

function byNumber(rows: readonly Row[]): Map<unknown, Row[]> {
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) {
    const group = groups.get(row[0]);
    if (group === undefined) groups.set(row[0], [row]);
    else group.push(row);
  }
  return groups;
}
