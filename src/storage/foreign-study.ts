/** Reads a study that Optuna or another program created, from Optuna's tables alone. */
import { Front } from '../core/study/front.ts';
import { FigureRows } from './figures.ts';
import type { TrialState } from '../core/scheduling/index.ts';
import type { Distribution, Params, ParamValue } from '../core/search-space/distribution.ts';
import type { HistoryTrial } from '../core/study/start-history.ts';
import type { Direction } from '../core/study/study-spec.ts';
import { optunaDistribution } from '../protocol/lab-file.ts';
import type { Columns } from './columns.ts';
import type { Connection, Row } from './connection.ts';
import { StorageError } from './errors.ts';
import { Intermediates } from './intermediates.ts';
import { RowBlocks } from './row-block.ts';
import type { ReadBlock, Row as BlockRow } from './row-block.ts';
import type { StudyMoments, StudySummary, TrialRecord, TrialStory } from './lab-reader.ts';
import { dateOf, distributionOf, trialStateOf, valueOf } from './optuna-encoding.ts';

const PAGE = 1_000;
/** Rows in a block. */
const BLOCK = 2_000;

const TRIALS = `SELECT trials.trial_id, number, state, datetime_start, datetime_complete, value, value_type
  FROM trials LEFT JOIN trial_values ON trial_values.trial_id = trials.trial_id AND objective = 0`;

export class ForeignStudy {
  readonly #connection: Connection;
  readonly #columns: Columns;
  readonly #studyId: number;
  readonly #name: string;
  readonly #intermediates: Intermediates;
  /** Distributions by their JSON text: a study has few. */
  readonly #distributions = new Map<string, Distribution>();
  /** Values that are not numbers, by parameter name. */
  readonly #choices = new Map<string, Map<ParamValue, number>>();

  constructor(connection: Connection, columns: Columns, studyId: number, name: string) {
    this.#connection = connection;
    this.#columns = columns;
    this.#studyId = studyId;
    this.#name = name;
    this.#intermediates = new Intermediates(connection, columns);
  }

  summary(): StudySummary {
    const counts = { waiting: 0, running: 0, complete: 0, pruned: 0, failed: 0 };
    for (const [state, count] of this.#connection.all(
      'SELECT state, count(*) FROM trials WHERE study_id = ? GROUP BY state',
      this.#studyId,
    )) {
      counts[this.#state(state)] = this.#columns.integer('count', count);
    }
    const directions = this.#directions();
    const [best] = directions.length === 1 ? this.best(1) : [];
    return {
      uid: null,
      name: this.#name,
      directions,
      state: null,
      reason: null,
      counts,
      limits: null,
      limit: null,
      activeMs: null,
      best:
        best?.value === undefined || best.value === null
          ? null
          : { number: best.number, value: best.value },
      spec: null,
      note: '',
      deleted: false,
    };
  }

  history(): readonly HistoryTrial[] {
    return [];
  }

  /** Names of all parameters of the study's trials, in order of first appearance. */
  parameters(): string[] {
    return this.#connection
      .all(
        `SELECT param_name FROM trial_params JOIN trials ON trials.trial_id = trial_params.trial_id WHERE study_id = ?
         GROUP BY param_name ORDER BY min(param_id)`,
        this.#studyId,
      )
      .map(([name]) => this.#columns.text('trial_params.param_name', name));
  }

  /** Ended trials in order of their ends. */
  ends(): readonly { readonly number: number; readonly value: number }[] {
    return this.#connection
      .all(
        `SELECT number, CASE state WHEN 'COMPLETE' THEN value END, CASE state WHEN 'COMPLETE' THEN value_type END FROM trials
         LEFT JOIN trial_values ON trial_values.trial_id = trials.trial_id AND objective = 0
         WHERE study_id = ? AND state IN ('COMPLETE', 'PRUNED', 'FAIL') ORDER BY datetime_complete, number`,
        this.#studyId,
      )
      .map(([number, value, type]) => ({
        number: this.#columns.integer('trials.number', number),
        value: type === null ? NaN : valueOf(value, type),
      }));
  }

  moments(): StudyMoments {
    const [first, best] = [
      this.#connection.get(
        'SELECT min(datetime_start) FROM trials WHERE study_id = ?',
        this.#studyId,
      )?.[0],
      this.#directions().length === 1 ? this.best(1)[0] : undefined,
    ];
    return {
      created: dateOf(first ?? null)?.getTime() ?? null,
      best: best?.complete?.getTime() ?? null,
    };
  }

  *rows(): Generator<ReadBlock> {
    const parameters = this.parameters();
    const finishes = new Map(this.ends().map(({ number }, finish) => [number, finish]));
    const blocks = new RowBlocks({ parameters: parameters.length, objectives: 0 });
    let rows: BlockRow[] = [];
    for (const trial of this.trials()) {
      rows.push(this.#row(trial, parameters, finishes.get(trial.number) ?? null));
      if (rows.length < BLOCK) continue;
      yield { block: blocks.block(rows), names: blocks.names };
      rows = [];
    }
    if (rows.length > 0) yield { block: blocks.block(rows), names: blocks.names };
  }

  *trials(): Generator<TrialRecord> {
    const page = this.#connection.prepare(
      `${TRIALS} WHERE study_id = ? AND trials.trial_id >= ? ORDER BY trials.trial_id LIMIT ${PAGE}`,
    );
    for (let from = 0; ;) {
      const rows = page.all([this.#studyId, from]);
      yield* this.#records(rows);
      const last = rows.at(-1);
      if (last === undefined) return;
      from = this.#columns.integer('trials.trial_id', last[0]) + 1;
    }
  }

  best(count: number): TrialRecord[] {
    const order = this.#directions()[0] === 'maximize' ? 'DESC' : 'ASC';
    return this.#records(
      this.#connection.all(
        `${TRIALS} WHERE study_id = ? AND state = 'COMPLETE' AND value_type = 'FINITE' ORDER BY value ${order}, number LIMIT ?`,
        this.#studyId,
        count,
      ),
    );
  }

  /** Null: it has one objective. */
  front(): TrialRecord[] | null {
    const directions = this.#directions();
    if (directions.length < 2) return null;
    const front = new Front(directions);
    const kept = new Map<number, TrialRecord>();
    for (const trial of this.trials()) {
      const { figures } = trial;
      if (trial.state !== 'complete' || figures === undefined) continue;
      if (front.offer(trial.number, figures.values, Math.max(0, ...figures.excesses)))
        kept.set(trial.number, trial);
    }
    return front.numbers.flatMap((number) => kept.get(number) ?? []);
  }

  story(number: number): TrialStory | null {
    const [trial] = this.#records(
      this.#connection.all(`${TRIALS} WHERE study_id = ? AND number = ?`, this.#studyId, number),
    );
    return trial === undefined ? null : { trial, attempts: [], audits: [], lines: [] };
  }

  #directions(): Direction[] {
    return this.#connection
      .all(
        'SELECT direction FROM study_directions WHERE study_id = ? ORDER BY objective',
        this.#studyId,
      )
      .map(([direction]) => (direction === 'MAXIMIZE' ? 'maximize' : 'minimize'));
  }

  #records(rows: readonly Row[]): TrialRecord[] {
    const select = this.#connection.prepare(
      'SELECT param_name, param_value, distribution_json FROM trial_params WHERE trial_id = ? ORDER BY param_id',
    );
    const objectives = this.#directions().length;
    const ofTrials = objectives > 1 ? new FigureRows(this.#connection) : null;
    return rows.map((row): TrialRecord => {
      const figures = ofTrials?.read(this.#columns, row[0], { objectives, bounds: null });
      const value = valueOf(row[5], row[6]);
      return {
        number: this.#columns.integer('trials.number', row[1]),
        state: this.#state(row[2]),
        outcome: null,
        value: Number.isNaN(value) ? null : value,
        ...(figures === undefined ? {} : { figures }),
        params: this.#params(select.all([this.#columns.integer('trials.trial_id', row[0])])),
        encoded: null,
        origin: null,
        historyLength: null,
        finishSeq: null,
        attempts: 0,
        endedBy: 0,
        slot: null,
        result: null,
        reports: this.#intermediates.of(row[0]),
        start: dateOf(row[3]),
        complete: dateOf(row[4]),
      };
    });
  }

  #row(trial: TrialRecord, parameters: readonly string[], finish: number | null): BlockRow {
    const started = trial.start?.getTime() ?? NaN;
    const ended = trial.complete?.getTime() ?? NaN;
    const { number, state, outcome, value } = trial;
    return {
      number,
      state,
      outcome,
      value: value ?? NaN,
      parents: [],
      operator: 'unknown',
      finish,
      started,
      ended,
      took: ended - started,
      slot: null,
      reports: trial.reports.length,
      params: parameters.map((name) => this.#code(name, trial.params)),
      figures: [],
    };
  }

  /**
   * Returns a number unchanged, and for any other value its index among the values seen, so that
   * equal values are equal.
   */
  #code(name: string, params: Params): number {
    if (!Object.hasOwn(params, name)) return NaN;
    const value = params[name];
    if (typeof value === 'number') return value;
    let codes = this.#choices.get(name);
    if (codes === undefined) this.#choices.set(name, (codes = new Map<ParamValue, number>()));
    let code = codes.get(value ?? null);
    if (code === undefined) codes.set(value ?? null, (code = codes.size));
    return code;
  }

  #params(rows: readonly Row[]): Params {
    const entries = rows.map(([name, value, json]): [string, ParamValue] => {
      const encoded = this.#columns.real('trial_params.param_value', value);
      const distribution = this.#distribution(
        this.#columns.text('trial_params.distribution_json', json),
      );
      return [
        this.#columns.text('trial_params.param_name', name),
        distribution.type === 'categorical' ? (distribution.choices[encoded] ?? null) : encoded,
      ];
    });
    return Object.fromEntries(entries);
  }

  #distribution(json: string): Distribution {
    const known = this.#distributions.get(json);
    if (known !== undefined) return known;
    const read = distributionOf(
      this.#columns.json('trial_params.distribution_json', optunaDistribution, json),
    );
    this.#distributions.set(json, read);
    return read;
  }

  #state(found: unknown): TrialState {
    const state = trialStateOf(found);
    if (state !== undefined) return state;
    const { file } = this.#connection;
    throw new StorageError(
      'damaged',
      file,
      `${file}: trials.state: expected a state of Optuna's, found ${String(found)}`,
      {
        expected: "a state of Optuna's",
        found: String(found),
      },
    );
  }
}
