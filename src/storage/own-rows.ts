/**
 * Reads the trials of a study in blocks, and its attempts. Never leaves a statement half-read,
 * because it would block checkpoints of the writer's log.
 */
import { defined } from '../core/at.ts';
import { axesOf } from '../core/search-space/axis.ts';
import { storedResult, storedSpec, trialOutcome, trialState } from '../protocol/lab-file.ts';
import { greatest, rowColumnList } from '../protocol/window/row-columns.ts';
import type {
  RowArrays,
  RowColumn,
  RowColumnName,
  RowWidths,
} from '../protocol/window/row-columns.ts';
import type { Columns } from './columns.ts';
import type { Connection, Row as FileRow } from './connection.ts';
import { RowBlocks } from './row-block.ts';
import type { StudyMoments } from './lab-reader.ts';
import { missingColumns } from './metric-columns.ts';
import { writtenFigures } from './result-figures.ts';
import type { ReadBlock, Row } from './row-block.ts';
import { parentsOf } from './stored-parents.ts';

/** Rows in a block: few enough to be merged into a projection without blocking the event loop. */
const BLOCK = 1_024;

/** Columns whose numbers are copied into a block. */
const COPIED = rowColumnList.flatMap(([name, { kind, stored }]) =>
  stored === undefined ? [] : [{ name, stored, kind }],
);

/** Expressions from which `read` computes a row. */
const COMPUTED = [
  'galapagos_trial.number',
  "CASE WHEN galapagos_trial.state = 'waiting' AND galapagos_attempt.outcome = 'paused' THEN 'paused' ELSE galapagos_trial.state END",
  ...['outcome', 'value', 'parents', 'operator', 'finish_seq', 'params'].map(
    (name) => `galapagos_trial.${name}`,
  ),
  ...['slot', 'sent_at', 'ended_at', 'result'].map((name) => `galapagos_attempt.${name}`),
  '(SELECT count(*) FROM trial_intermediate_values report WHERE report.trial_id = galapagos_trial.trial_id)',
];

const ROWS = `FROM galapagos_trial
  LEFT JOIN galapagos_attempt ON galapagos_attempt.study = galapagos_trial.study AND galapagos_attempt.number = galapagos_trial.number
    AND galapagos_attempt.k = (SELECT max(k) FROM galapagos_attempt every WHERE every.study = galapagos_trial.study AND every.number = galapagos_trial.number)
  WHERE galapagos_trial.study = ?1 AND galapagos_trial.number <= ?2 ORDER BY galapagos_trial.number DESC LIMIT ${BLOCK}`;

/** Newest first, since the window shows them while the rest is read. */
export function* ownRows(
  connection: Connection,
  columns: Columns,
  key: number,
): Generator<ReadBlock> {
  const spec = columns.json(
    'galapagos_study.spec',
    storedSpec,
    connection.get('SELECT spec FROM galapagos_study WHERE id = ?', key)?.[0],
  );
  const widths = {
    parameters: axesOf(spec.searchSpace).length,
    objectives: spec.objectives?.length ?? 0,
  };
  const blocks = new RowBlocks(widths);
  const computed = [...COMPUTED, ...figureColumns(widths.objectives)];
  const missing = missingColumns(connection);
  const copied = COPIED.map(({ stored }) => (missing.includes(stored) ? 'NULL' : stored));
  const page = connection.prepare(`SELECT ${[...computed, ...copied].join(', ')} ${ROWS}`);
  for (let to = Number.MAX_SAFE_INTEGER; ;) {
    const found = page.all([key, to]);
    const rows = found.map((row) => read(columns, row, widths, blocks));
    const last = rows.at(-1);
    if (last === undefined) return;
    const block = blocks.block(rows);
    for (const [i, { name, stored, kind }] of COPIED.entries())
      copy(columns, found, computed.length + i, stored, block[name], kind);
    yield { block, names: blocks.names };
    if (rows.length < BLOCK) return;
    to = last.number - 1;
  }
}

/** Expressions of the values of the listed objectives; NULL: none, or not a number. */
function figureColumns(objectives: number): string[] {
  return Array.from(
    { length: objectives },
    (_, objective) =>
      `(SELECT value FROM trial_values figure WHERE figure.trial_id = galapagos_trial.trial_id AND figure.objective = ${objective} AND value_type = 'FINITE')`,
  );
}

function read(
  columns: Columns,
  row: FileRow,
  { parameters, objectives }: RowWidths,
  blocks: RowBlocks,
): Row {
  const took = row[11] === null ? NaN : tookOf(columns, row[11], blocks);
  const sent = columns.real('galapagos_attempt.sent_at', row[9]);
  const ended = columns.real('galapagos_attempt.ended_at', row[10]);
  return {
    number: columns.integer('galapagos_trial.number', row[0]),
    state: STATES.get(row[1]) ?? columns.parsed('galapagos_trial.state', trialState, row[1]),
    outcome:
      row[2] === null
        ? null
        : (OUTCOMES.get(row[2]) ?? columns.parsed('galapagos_trial.outcome', trialOutcome, row[2])),
    value: columns.real('galapagos_trial.value', row[3]),
    parents: parentsOf(columns, row[4]),
    operator: columns.text('galapagos_trial.operator', row[5]),
    finish: columns.integerOrNull('galapagos_trial.finish_seq', row[6]),
    params: columns.params('galapagos_trial.params', row[7], parameters),
    slot: columns.textOrNull('galapagos_attempt.slot', row[8]),
    // The attempt may have waited behind another one after it was sent.
    started: Number.isNaN(took) || Number.isNaN(ended) ? sent : ended - took,
    ended,
    took,
    reports: columns.integer('count', row[12]),
    figures: Array.from({ length: objectives }, (_, objective) =>
      columns.real('trial_values.value', row[COMPUTED.length + objective]),
    ),
  };
}

/** Copies the numbers at index `from` of the rows; NULL leaves the block's number. */
function copy(
  columns: Columns,
  rows: readonly FileRow[],
  from: number,
  name: string,
  into: RowArrays[RowColumnName],
  kind: RowColumn['kind'],
): void {
  const read = (value: unknown): number =>
    kind === 'f64' ? columns.real(name, value) : columns.integer(name, value);
  for (let i = 0; i < rows.length; i++) {
    const value = defined(rows[i])[from];
    if (value !== null) into[i] = Math.min(read(value), greatest[kind]);
  }
}

const STATES: ReadonlyMap<unknown, Row['state']> = new Map(
  [...trialState.options, 'paused' as const].map((state) => [state, state]),
);
const OUTCOMES: ReadonlyMap<unknown, NonNullable<Row['outcome']>> = new Map(
  trialOutcome.options.map((outcome) => [outcome, outcome]),
);

/** Returns the duration of the attempt and notes its executor. */
function tookOf(columns: Columns, found: unknown, blocks: RowBlocks): number {
  const text = columns.text('galapagos_attempt.result', found);
  const written = writtenFigures(text);
  if (written !== null && blocks.isTrained(text)) return written.ms;
  const result = columns.json('galapagos_attempt.result', storedResult, text);
  if (result.executor !== undefined) blocks.trained(result.executor, result.executorReason ?? null);
  return result.ms;
}

/** Moments that the list of studies shows; milliseconds since 1970, null: unknown. */
export function ownMoments(
  connection: Connection,
  columns: Columns,
  key: number,
  best: number | null,
): StudyMoments {
  const first = connection.get(
    'SELECT sent_at FROM galapagos_attempt WHERE study = ? AND number = 0 ORDER BY k LIMIT 1',
    key,
  );
  const last = connection.get(
    'SELECT max(ended_at) FROM galapagos_attempt WHERE study = ? AND number = ?',
    key,
    best ?? -1,
  );
  return {
    created: columns.integerOrNull('galapagos_attempt.sent_at', first?.[0] ?? null),
    best: columns.integerOrNull('galapagos_attempt.ended_at', last?.[0] ?? null),
  };
}
