/**
 * Converts distributions, values, states, directions and dates to and from Optuna's representation.
 * Texts and numbers only; `writes.ts` and `foreign-study.ts` know the rows.
 */
import { at } from '../core/at.ts';
import type { EndedState, TrialState } from '../core/scheduling/index.ts';
import type { Axis } from '../core/search-space/axis.ts';
import type { Distribution, ParamValue } from '../core/search-space/distribution.ts';
import type { Direction } from '../core/study/study-spec.ts';
import type { OptunaDistribution } from '../protocol/lab-file.ts';
import { pythonFloat, pythonJson } from './python-json.ts';

export const DIRECTIONS: Readonly<Record<Direction, string>> = {
  minimize: 'MINIMIZE',
  maximize: 'MAXIMIZE',
};

/**
 * A trial that has a row in Optuna's tables and has not ended is RUNNING, also while it waits:
 * other programs would take it if it were WAITING.
 */
export const ENDED_STATES: Readonly<Record<EndedState, string>> = {
  complete: 'COMPLETE',
  pruned: 'PRUNED',
  failed: 'FAIL',
};

const STATES: Readonly<Record<string, TrialState>> = {
  WAITING: 'waiting',
  RUNNING: 'running',
  COMPLETE: 'complete',
  PRUNED: 'pruned',
  FAIL: 'failed',
};

/** Undefined for a state that Optuna does not have. */
export function trialStateOf(state: unknown): TrialState | undefined {
  return typeof state === 'string' ? STATES[state] : undefined;
}

export function endedStateOf(state: unknown): EndedState | undefined {
  const known = trialStateOf(state);
  return known === 'waiting' || known === 'running' ? undefined : known;
}

/** `trial_params.distribution_json`, key for key as Optuna writes it. */
export function distributionJson(axis: Axis): string {
  const { distribution } = axis;
  switch (distribution.type) {
    case 'float': {
      const step = distribution.step === undefined ? 'null' : pythonFloat(distribution.step);
      return `{"name": "FloatDistribution", "attributes": {"step": ${step}, "low": ${pythonFloat(distribution.low)}, "high": ${pythonFloat(axis.high)}, "log": ${axis.log}}}`;
    }
    case 'int':
      // Optuna rounds `high` to the last step when it reads, with a warning; the axis is already
      // rounded.
      return `{"name": "IntDistribution", "attributes": {"log": ${axis.log}, "step": ${pythonJson(distribution.step ?? 1)}, "low": ${pythonJson(distribution.low)}, "high": ${pythonJson(axis.high)}}}`;
    case 'categorical':
      return `{"name": "CategoricalDistribution", "attributes": {"choices": ${pythonJson(distribution.choices)}}}`;
    default:
      return distribution satisfies never;
  }
}

/** Converts a distribution of Optuna. Choices that are lists or objects become their JSON text. */
export function distributionOf(found: OptunaDistribution): Distribution {
  if ('type' in found) {
    return found.type === 'categorical'
      ? { type: 'categorical', choices: found.choices.map(choice) }
      : range(found.type, found);
  }
  switch (found.name) {
    case 'FloatDistribution':
      return range('float', found.attributes);
    case 'IntDistribution':
      return range('int', found.attributes);
    case 'UniformDistribution':
      return range('float', found.attributes);
    case 'LogUniformDistribution':
      return range('float', { ...found.attributes, log: true });
    case 'DiscreteUniformDistribution':
      return range('float', { ...found.attributes, step: found.attributes.q });
    case 'IntUniformDistribution':
      return range('int', found.attributes);
    case 'IntLogUniformDistribution':
      return range('int', { ...found.attributes, step: 1, log: true });
    case 'CategoricalDistribution':
      return { type: 'categorical', choices: found.attributes.choices.map(choice) };
    default:
      return found satisfies never;
  }
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly log?: boolean | null | undefined;
  readonly step?: number | null | undefined;
}

function range(type: 'float' | 'int', { low, high, log, step }: Range): Distribution {
  return {
    type,
    low,
    high,
    ...(log === true ? { log } : {}),
    ...(step === null || step === undefined ? {} : { step }),
  };
}

function choice(value: unknown): ParamValue {
  if (
    value === null ||
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean'
  )
    return value;
  return pythonJson(value);
}

/** `trial_values.value` and `value_type`; Optuna stores no NaN. */
export function optunaValue(value: number): [number | null, 'FINITE' | 'INF_POS' | 'INF_NEG'] {
  if (Number.isFinite(value)) return [value, 'FINITE'];
  return [null, value > 0 ? 'INF_POS' : 'INF_NEG'];
}

/** NaN if there is no value. */
export function valueOf(value: unknown, type: unknown): number {
  if (type === 'INF_POS') return Infinity;
  if (type === 'INF_NEG') return -Infinity;
  return type === 'FINITE' && typeof value === 'number' ? value : NaN;
}

/** UTC without a time zone, as Optuna ≥ 5 interprets it: `2026-11-23 22:50:00.123000`. */
export function optunaDate(date: Date): string {
  return `${date.toISOString().slice(0, -1).replace('T', ' ')}000`;
}

/** Null if there is none or it is not a date. */
export function dateOf(text: unknown): Date | null {
  if (typeof text !== 'string') return null;
  const match = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d{1,6})?/.exec(text);
  if (match === null) return null;
  const date = new Date(`${at(match, 1)}T${at(match, 2)}${(match[3] ?? '').slice(0, 4)}Z`);
  return Number.isNaN(date.getTime()) ? null : date;
}
