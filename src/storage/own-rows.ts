/**
 * Reads the trials of a study in blocks, and its attempts. Never leaves a statement half-read,
 * because it would block checkpoints of the writer's log.
 */
import { axesOf } from '../core/search-space/axis.ts';
import { storedResult, storedSpec, trialOutcome, trialState } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection, Row as FileRow } from './connection.ts';
import { RowBlocks } from './row-block.ts';
import type { StudyMoments } from './lab-reader.ts';
import { writtenFigures } from './result-figures.ts';
import type { ReadBlock, Row } from './row-block.ts';
import { parentsOf } from './stored-parents.ts';

/** Rows in a block: few enough to be merged into a projection without blocking the event loop. */
const BLOCK = 1_024;

const SELECT = `SELECT ours.number, ours.state, ours.outcome, ours.value, generation, parents, operator, finish_seq, basis, params,
  last.slot, last.sent_at, last.ended_at, last.k, last.result,
  (SELECT count(*) FROM trial_intermediate_values WHERE trial_intermediate_values.trial_id = ours.trial_id)
  FROM galapagos_trial ours
  LEFT JOIN galapagos_attempt last ON last.study = ours.study AND last.number = ours.number
    AND last.k = (SELECT max(k) FROM galapagos_attempt every WHERE every.study = ours.study AND every.number = ours.number)
  WHERE ours.study = ?1 AND ours.number <= ?2 ORDER BY ours.number DESC LIMIT ${BLOCK}`;

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
  const width = axesOf(spec.searchSpace).length;
  const blocks = new RowBlocks(width);
  const page = connection.prepare(SELECT);
  for (let to = Number.MAX_SAFE_INTEGER; ;) {
    const rows = page.all([key, to]).map((row) => read(columns, row, width, blocks));
    const last = rows.at(-1);
    if (last === undefined) return;
    yield { block: blocks.block(rows), names: blocks.names };
    if (rows.length < BLOCK) return;
    to = last.number - 1;
  }
}

function read(columns: Columns, row: FileRow, width: number, blocks: RowBlocks): Row {
  const took = row[14] === null ? NaN : tookOf(columns, row[14], blocks);
  const sent = columns.real('galapagos_attempt.sent_at', row[11]);
  const ended = columns.real('galapagos_attempt.ended_at', row[12]);
  return {
    number: columns.integer('galapagos_trial.number', row[0]),
    state: STATES.get(row[1]) ?? columns.parsed('galapagos_trial.state', trialState, row[1]),
    outcome:
      row[2] === null
        ? null
        : (OUTCOMES.get(row[2]) ?? columns.parsed('galapagos_trial.outcome', trialOutcome, row[2])),
    value: columns.real('galapagos_trial.value', row[3]),
    generation: columns.integer('galapagos_trial.generation', row[4]),
    parents: parentsOf(columns, row[5]),
    operator: columns.text('galapagos_trial.operator', row[6]),
    finish: columns.integerOrNull('galapagos_trial.finish_seq', row[7]),
    historyLength: columns.integer('galapagos_trial.basis', row[8]),
    params: columns.params('galapagos_trial.params', row[9], width),
    slot: columns.textOrNull('galapagos_attempt.slot', row[10]),
    // The attempt may have waited behind another one after it was sent.
    started: Number.isNaN(took) || Number.isNaN(ended) ? sent : ended - took,
    ended,
    took,
    attempts: columns.integerOrNull('galapagos_attempt.k', row[13]) ?? 0,
    reports: columns.integer('count', row[15]),
  };
}

const STATES: ReadonlyMap<unknown, Row['state']> = new Map(
  trialState.options.map((state) => [state, state]),
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
