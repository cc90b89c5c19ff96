/**
 * Reads a journal file of Optuna's: one operation a line, which are applied in order as Optuna
 * applies them. Operations that concern no parameter or value are
 * skipped.
 */
import { z } from 'zod';
import { at } from '../../core/at.ts';
import type { Direction } from '../../core/study/direction.ts';
import { optunaDistribution } from '../../protocol/lab-file.ts';
import { check } from '../../protocol/problems.ts';
import { distributionOf } from '../../storage/optuna-encoding.ts';
import { parsePythonJson } from '../../storage/python-json.ts';
import { optunaConstraints } from './constraint-values.ts';
import { chosenStudy, fault, LeftOut, parsed, refuseTooMany } from './earlier-search.ts';
import type { EarlierSearch, EarlierTrial } from './earlier-search.ts';

/** Numbers of the operations that are applied. */
const CREATE_STUDY = 0;
const DELETE_STUDY = 1;
const CREATE_TRIAL = 4;
const SET_PARAM = 5;
const SET_STATE = 6;
const SET_USER_ATTRIBUTE = 8;
const SET_SYSTEM_ATTRIBUTE = 9;
/** The last operation that Optuna 5 knows. */
const LAST_OPERATION = 9;

/** Optuna's `TrialState`. */
const STATES = ['running', 'complete', 'pruned', 'failed', 'waiting'] as const;
const state = z
  .int()
  .min(0)
  .max(STATES.length - 1);
const internal = z.union([z.number(), z.nan(), z.literal([Infinity, -Infinity])]);
const values = z.array(internal).nullable();
const id = z.int().min(0);
const attributes = z.record(z.string(), z.unknown());

const head = z.looseObject({ op_code: z.int().min(0) });
const createStudy = z.looseObject({
  study_name: z.string(),
  directions: z.array(z.int().min(0).max(2)).min(1),
});
const deleteStudy = z.looseObject({ study_id: id });
const createTrial = z.looseObject({
  study_id: id,
  state: state.exactOptional(),
  value: internal.nullish(),
  values: values.exactOptional(),
  params: z.record(z.string(), internal).exactOptional(),
  distributions: z.record(z.string(), z.string()).exactOptional(),
  user_attrs: attributes.exactOptional(),
  system_attrs: attributes.exactOptional(),
});
const setParam = z.looseObject({
  trial_id: id,
  param_name: z.string(),
  param_value_internal: internal,
  distribution: z.string(),
});
const setState = z.looseObject({ trial_id: id, state, values });
const setUserAttribute = z.looseObject({ trial_id: id, user_attr: attributes });
const setSystemAttribute = z.looseObject({ trial_id: id, system_attr: attributes });

interface Trial {
  state: (typeof STATES)[number];
  values: readonly number[] | null;
  readonly params: Record<string, unknown>;
  readonly userAttributes: Record<string, unknown>;
  readonly systemAttributes: Record<string, unknown>;
}

interface Study {
  readonly name: string;
  readonly directions: readonly Direction[];
  readonly trials: Trial[];
}

/** Returns whether a text begins as a journal does. */
export function isJournal(text: string): boolean {
  return /^\s*\{[^\n]*"op_code"\s*:/.test(text);
}

/**
 * @param wanted name of the study; null: the only one
 * @throws InvalidInput that names the line
 */
export function readJournal(text: string, source: string, wanted: string | null): EarlierSearch {
  const journal = new Journal(source);
  const lines = text.split('\n');
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const parsed = operationOf(line);
    if (parsed !== undefined) journal.apply(parsed, i + 1);
    // Optuna leaves a last line out as well that a killed process has not finished.
    else if (i < lines.length - 1)
      throw fault(source, `line ${i + 1}`, 'an operation as JSON', excerpt(line));
  }
  const study = chosenStudy(source, journal.studies, wanted);
  const leftOut = new LeftOut();
  const trials: EarlierTrial[] = [];
  for (const trial of study.trials) {
    if (trial.state !== 'complete') leftOut.add(trial.state);
    else if (trial.values === null) leftOut.add('without a value');
    else trials.push({ params: trial.params, values: trial.values, ...attributesOf(trial) });
  }
  refuseTooMany(source, trials.length);
  return {
    name: `${study.name} in ${source}`,
    directions: study.directions,
    trials,
    leftOut: leftOut.list,
    areTexts: false,
  };
}

/** User attributes may be metrics by the names that a study gives them. */
function attributesOf({
  userAttributes,
  systemAttributes,
}: Trial): Pick<EarlierTrial, 'metrics' | 'constraints'> {
  const constraints = Object.entries(systemAttributes).flatMap(([key, value]) =>
    optunaConstraints(key, value),
  );
  return {
    ...(Object.keys(userAttributes).length === 0 ? {} : { metrics: userAttributes }),
    ...(constraints.length === 0 ? {} : { constraints }),
  };
}

class Journal {
  readonly #source: string;
  /** By Optuna's id; null: deleted. */
  readonly #studies: (Study | null)[] = [];
  readonly #trials: Trial[] = [];

  constructor(source: string) {
    this.#source = source;
  }

  get studies(): Study[] {
    return this.#studies.filter((study) => study !== null);
  }

  apply(operation: unknown, line: number): void {
    const { op_code: code } = this.#parsed(head, operation, line);
    switch (code) {
      case CREATE_STUDY: {
        const { study_name: name, directions } = this.#parsed(createStudy, operation, line);
        if (this.studies.some((study) => study.name === name)) return;
        const wanted = directions.map((one) => (one === 2 ? 'maximize' : 'minimize'));
        this.#studies.push({ name, directions: wanted, trials: [] });
        return;
      }
      case DELETE_STUDY: {
        const { study_id: study } = this.#parsed(deleteStudy, operation, line);
        if (study < this.#studies.length) this.#studies[study] = null;
        return;
      }
      case CREATE_TRIAL:
        this.#createTrial(this.#parsed(createTrial, operation, line), line);
        return;
      case SET_PARAM: {
        const set = this.#parsed(setParam, operation, line);
        const trial = this.#open(set.trial_id);
        if (trial !== null)
          trial.params[set.param_name] = this.#value(
            set.param_value_internal,
            set.distribution,
            `line ${line}: ${set.param_name}`,
          );
        return;
      }
      case SET_STATE: {
        const set = this.#parsed(setState, operation, line);
        const trial = this.#open(set.trial_id);
        if (trial === null) return;
        trial.state = at(STATES, set.state);
        trial.values = set.values ?? trial.values;
        return;
      }
      case SET_USER_ATTRIBUTE: {
        const set = this.#parsed(setUserAttribute, operation, line);
        Object.assign(this.#open(set.trial_id)?.userAttributes ?? {}, set.user_attr);
        return;
      }
      case SET_SYSTEM_ATTRIBUTE: {
        const set = this.#parsed(setSystemAttribute, operation, line);
        Object.assign(this.#open(set.trial_id)?.systemAttributes ?? {}, set.system_attr);
        return;
      }
      default:
        if (code > LAST_OPERATION)
          throw fault(
            this.#source,
            `line ${line}: op_code`,
            `an operation of Optuna 5, 0 to ${LAST_OPERATION}`,
            String(code),
          );
    }
  }

  #createTrial(
    { study_id: study, distributions = {}, ...made }: z.output<typeof createTrial>,
    line: number,
  ): void {
    const known = this.#studies[study] ?? null;
    if (known === null) return;
    const params = Object.entries(made.params ?? {}).map(([name, value]): [string, unknown] => [
      name,
      this.#value(value, distributions[name] ?? '', `line ${line}: ${name}`),
    ]);
    const single = made.value ?? null;
    const trial: Trial = {
      state: at(STATES, made.state ?? 0),
      values: made.values ?? (single === null ? null : [single]),
      params: Object.fromEntries(params),
      userAttributes: { ...made.user_attrs },
      systemAttributes: { ...made.system_attrs },
    };
    known.trials.push(trial);
    this.#trials.push(trial);
  }

  /** Null: unknown, or it has ended; Optuna leaves such operations out. */
  #open(trialId: number): Trial | null {
    const trial = this.#trials[trialId];
    return trial === undefined || (trial.state !== 'running' && trial.state !== 'waiting')
      ? null
      : trial;
  }

  /** Value of a parameter: the number itself, or the choice at that index. */
  #value(value: number, distribution: string, place: string): unknown {
    const parsed = check(optunaDistribution, operationOf(distribution));
    if (!parsed.ok)
      throw fault(this.#source, place, "a distribution of Optuna's", excerpt(distribution));
    const found = distributionOf(parsed.value);
    if (found.type !== 'categorical') return value;
    if (!Number.isInteger(value) || value < 0 || value >= found.choices.length)
      throw fault(this.#source, place, `an index below ${found.choices.length}`, String(value));
    return found.choices[value];
  }

  #parsed<Schema extends z.ZodType>(
    schema: Schema,
    operation: unknown,
    line: number,
  ): z.output<Schema> {
    return parsed(schema, operation, this.#source, `line ${line}`);
  }
}

/** Undefined: not JSON. */
function operationOf(line: string): unknown {
  try {
    return parsePythonJson(line);
  } catch {
    return undefined;
  }
}

function excerpt(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)} …` : text;
}
