/**
 * Reads everything of a lab file and lists what cannot be right: damage of the file, text that does
 * not parse, values that the search space cannot have produced, and rows of ours that disagree with
 * Optuna's. It changes nothing.
 */
import { axesOf } from '../core/search-space/axis.ts';
import type { Axis } from '../core/search-space/axis.ts';
import { expectedValue, isValue, pointProblems } from '../core/search-space/point-problems.ts';
import {
  attemptOutcome,
  optunaDistribution,
  parents,
  storedLimits,
  storedResult,
  storedSpec,
  story,
  studyState,
  trialOutcome,
  trialState,
} from '../protocol/lab-file.ts';
import { foundText } from '../protocol/problems.ts';
import { Columns } from './columns.ts';
import type { Connection, Row } from './connection.ts';
import { StorageError } from './errors.ts';
import { historyWidth, readHistory } from './history-rows.ts';
import { distributionOf, endedStateOf, trialStateOf, valueOf } from './optuna-encoding.ts';
import { connectToRead } from './read-lab.ts';

/** Something in a lab file that cannot be right. */
export interface Finding {
  /** Name of the study; null: the file as a whole. */
  readonly study: string | null;
  /** Number of the trial; null: the study as a whole. */
  readonly trial: number | null;
  /** Table and column, and what is wrong with it. */
  readonly at: string;
  readonly expected: string;
  readonly found: string;
}

/** A finding in one line. */
export function findingText({ study, trial, at, expected, found }: Finding): string {
  const of = [study, trial === null ? null : `trial ${trial}`]
    .filter((part) => part !== null)
    .join(', ');
  return `${of === '' ? '' : `${of}: `}${at}: expected ${expected}, found ${found}`;
}

/** Rows read at once; no statement stays half-read, which would hold the writer's log back. */
const PAGE = 1_000;
/** Above every number of attempts of one trial. */
const MOST_ATTEMPTS = 65_536;

/**
 * Everything that is found.
 * @throws StorageError when the file cannot be read as a lab at all
 */
export function checkLab(path: string): Finding[] {
  const findings: Finding[] = [];
  for (const found of checkingLab(path)) findings.push(...found);
  return findings;
}

/** As `checkLab`, a page of rows at a time, so that the caller can rest in between. */
export function* checkingLab(path: string): Generator<readonly Finding[]> {
  const { connection, isOurs } = connectToRead(path);
  try {
    const findings = new Findings(connection);
    for (const [line] of findings.rows('SELECT integrity_check FROM pragma_integrity_check')) {
      if (line !== 'ok')
        findings.add({ at: 'the SQLite file', expected: 'a sound file', found: String(line) });
    }
    for (const row of isOurs ? findings.rows(OUR_STUDIES) : []) yield* checkOwnStudy(findings, row);
    yield* checkParameters(findings);
    yield findings.take();
  } finally {
    connection.close();
  }
}

class Findings {
  readonly #found: Finding[] = [];
  readonly connection: Connection;
  readonly columns: Columns;

  constructor(connection: Connection) {
    this.connection = connection;
    this.columns = new Columns(connection.file);
  }

  add(finding: Pick<Finding, 'at' | 'expected' | 'found'> & Partial<Finding>): void {
    this.#found.push({ study: null, trial: null, ...finding });
  }

  /** Returns the findings since the last call. */
  take(): readonly Finding[] {
    return this.#found.splice(0);
  }

  /** Result of `read`; undefined where it threw a StorageError, which becomes a finding. */
  attempt<T>(of: Pick<Finding, 'study' | 'trial'>, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      const {
        column = 'the SQLite file',
        expected = 'a row that can be read',
        found = error.message,
      } = error.data;
      this.add({ ...of, at: String(column), expected: String(expected), found: String(found) });
      return undefined;
    }
  }

  /** All rows of a statement; those that damage leaves readable. */
  rows(sql: string): Row[] {
    return this.attempt({ study: null, trial: null }, () => this.connection.read(sql)) ?? [];
  }

  /**
   * Checks the rows of a statement whose first column is a number above ?1, page by page in its
   * order. Yields what was found in each page.
   */
  *checked(sql: string, check: (row: Row) => void): Generator<readonly Finding[]> {
    for (let above = -1; ;) {
      const page =
        this.attempt({ study: null, trial: null }, () =>
          this.connection.read(`${sql} LIMIT ${PAGE}`, above),
        ) ?? [];
      for (const row of page) check(row);
      yield this.take();
      const last = page.at(-1)?.[0];
      if (typeof last !== 'number') return;
      above = last;
    }
  }
}

const OUR_STUDIES = `SELECT own.id, study_name, own.state, limits, spec, own.study_id FROM galapagos_study own
  LEFT JOIN studies ON studies.study_id = own.study_id ORDER BY own.id`;

function* checkOwnStudy(findings: Findings, row: Row): Generator<readonly Finding[]> {
  const { columns } = findings;
  const study = typeof row[1] === 'string' ? row[1] : null;
  const of = { study, trial: null };
  const key = findings.attempt(of, () => columns.integer('galapagos_study.id', row[0]));
  findings.attempt(of, () => columns.text('studies.study_name', row[1]));
  findings.attempt(of, () => columns.parsed('galapagos_study.state', studyState, row[2]));
  findings.attempt(of, () => columns.json('galapagos_study.limits', storedLimits, row[3]));
  const spec = findings.attempt(of, () => columns.json('galapagos_study.spec', storedSpec, row[4]));
  if (key === undefined || spec === undefined) return;
  const axes = axesOf(spec.searchSpace);
  findings.attempt(of, () =>
    readHistory(findings.connection, columns, key, historyWidth(axes.length, spec)),
  );
  const trials = `SELECT ours.number, ours.state, params, operator, parents, outcome, ours.value, story, trials.state, trial_values.value, value_type
    FROM galapagos_trial ours LEFT JOIN trials ON trials.trial_id = ours.trial_id
    LEFT JOIN trial_values ON trial_values.trial_id = ours.trial_id AND objective = 0
    WHERE ours.study = ${key} AND ours.number > ?1 ORDER BY ours.number`;
  const drawnFrom = [
    ...(spec.edits ?? []).map(({ first, before }) => ({
      below: first,
      axes: axesOf(before.searchSpace),
    })),
    { below: Infinity, axes },
  ];
  yield* findings.checked(trials, (trial) => checkTrial(findings, study, drawnFrom, trial));
  // One number for both parts of the key, so that a page may end between two attempts of a trial.
  const attempts = `SELECT number * ${MOST_ATTEMPTS} + k, number, k, outcome, result FROM galapagos_attempt
    WHERE study = ${key} AND number >= ?1 / ${MOST_ATTEMPTS} AND number * ${MOST_ATTEMPTS} + k > ?1 ORDER BY number, k`;
  yield* findings.checked(attempts, (attempt) => checkAttempt(findings, study, attempt));
}

/** @param drawnFrom axes of the trials below each number, in ascending order */
function checkTrial(
  findings: Findings,
  study: string | null,
  drawnFrom: readonly { readonly below: number; readonly axes: readonly Axis[] }[],
  row: Row,
): void {
  const { columns } = findings;
  const number = findings.attempt({ study, trial: null }, () =>
    columns.integer('galapagos_trial.number', row[0]),
  );
  const of = { study, trial: number ?? null };
  const axes = drawnFrom.find(({ below }) => (number ?? Infinity) < below)?.axes ?? [];
  const state = findings.attempt(of, () =>
    columns.parsed('galapagos_trial.state', trialState, row[1]),
  );
  const point = findings.attempt(of, () =>
    columns.params('galapagos_trial.params', row[2], axes.length),
  );
  for (const { parameter, expected, found } of point === undefined
    ? []
    : pointProblems(axes, point)) {
    findings.add({ ...of, at: `galapagos_trial.params: ${parameter}`, expected, found });
  }
  findings.attempt(of, () => columns.text('galapagos_trial.operator', row[3]));
  if (row[4] !== null)
    findings.attempt(of, () => columns.json('galapagos_trial.parents', parents, row[4]));
  if (row[5] !== null)
    findings.attempt(of, () => columns.parsed('galapagos_trial.outcome', trialOutcome, row[5]));
  const value = findings.attempt(of, () => columns.real('galapagos_trial.value', row[6]));
  if (row[7] !== null)
    findings.attempt(of, () => columns.json('galapagos_trial.story', story, row[7]));
  const ended = state === 'complete' || state === 'pruned' || state === 'failed';
  if (ended && row[8] !== null && endedStateOf(row[8]) !== state) {
    findings.add({ ...of, at: 'trials.state', expected: state, found: foundText(row[8]) });
  }
  if (state === 'complete' && value !== undefined && !Object.is(valueOf(row[9], row[10]), value)) {
    const found = typeof row[9] === 'number' ? String(row[9]) : foundText(row[10]);
    findings.add({
      ...of,
      at: 'trial_values.value',
      expected: `${value}, as in galapagos_trial.value`,
      found,
    });
  }
}

function checkAttempt(findings: Findings, study: string | null, row: Row): void {
  const { columns } = findings;
  const of = { study, trial: typeof row[1] === 'number' ? row[1] : null };
  findings.attempt(of, () => columns.integer('galapagos_attempt.k', row[2]));
  if (row[3] !== null)
    findings.attempt(of, () => columns.parsed('galapagos_attempt.outcome', attemptOutcome, row[3]));
  if (row[4] !== null)
    findings.attempt(of, () => columns.json('galapagos_attempt.result', storedResult, row[4]));
}

/** Parameters as Optuna's tables have them, of our studies and of others. */
function* checkParameters(findings: Findings): Generator<readonly Finding[]> {
  const axes = new Map<string, Axis | undefined>();
  const parameters = `SELECT param_id, param_name, param_value, distribution_json, number, study_name, trials.state FROM trial_params
    JOIN trials ON trials.trial_id = trial_params.trial_id LEFT JOIN studies ON studies.study_id = trials.study_id
    WHERE param_id > ?1 ORDER BY param_id`;
  yield* findings.checked(parameters, (parameter) => checkParameter(findings, axes, parameter));
}

/** @param axes by the JSON of their distribution; undefined where that does not parse */
function checkParameter(findings: Findings, axes: Map<string, Axis | undefined>, row: Row): void {
  const { columns } = findings;
  const of = {
    study: typeof row[5] === 'string' ? row[5] : null,
    trial: typeof row[4] === 'number' ? row[4] : null,
  };
  const name = findings.attempt(of, () => columns.text('trial_params.param_name', row[1])) ?? '?';
  const value = findings.attempt(of, () => columns.real('trial_params.param_value', row[2]));
  const json = findings.attempt(of, () => columns.text('trial_params.distribution_json', row[3]));
  if (trialStateOf(row[6]) === undefined)
    findings.add({ ...of, at: 'trials.state', expected: 'a state', found: foundText(row[6]) });
  if (json === undefined || value === undefined) return;
  if (!axes.has(json))
    axes.set(
      json,
      findings.attempt(of, () => axisOf(columns, json)),
    );
  const axis = axes.get(json);
  if (axis === undefined || isValue(axis, value)) return;
  findings.add({
    ...of,
    at: `trial_params.param_value: ${name}`,
    expected: expectedValue(axis),
    found: String(value),
  });
}

function axisOf(columns: Columns, json: string): Axis | undefined {
  return axesOf({
    value: distributionOf(columns.json('trial_params.distribution_json', optunaDistribution, json)),
  })[0];
}
