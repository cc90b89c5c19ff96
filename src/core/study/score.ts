/**
 * The one format of scores: metric, split, and how values are formatted in the window, on the
 * command line and in reports. Exports contain raw numbers.
 */
import type { Prediction } from '../samplers/sampler.ts';
import type { ObjectiveSpec } from './objectives.ts';
import type { Objective } from './study-spec.ts';

/** Kind of a study's values. */
export type Metric = 'accuracy' | 'loss' | 'value';

/** The samples that scores are measured on; null: no dataset, or another program's study. */
export type Split = 'validation' | 'test' | null;

/** Facts that a score must be displayed with. */
export interface ScoreKind {
  readonly metric: Metric;
  readonly split: Split;
}

/** Narrow no-break space between a number and its unit. */
export const THIN = '\u202f';
const MINUS = '\u2212';

/** Metrics of the objective kinds whose schema has a default for `metric`. */
const DEFAULT_METRICS: ReadonlyMap<unknown, 'accuracy' | 'loss'> = new Map([['train', 'accuracy']]);

/**
 * An objective with a `metric` is judged by it, on the split that `selectOn` names; the value of
 * any other objective is a plain number.
 * @param objective null: another program's study
 * @param listed the objectives that the study lists, of which the first is a trial's value
 */
export function scoreKindOf(
  objective: Objective | null,
  listed?: readonly ObjectiveSpec[],
): ScoreKind {
  const metric =
    listed?.[0]?.metric ?? objective?.['metric'] ?? DEFAULT_METRICS.get(objective?.kind);
  if (objective === null || (metric !== 'accuracy' && metric !== 'loss'))
    return { metric: 'value', split: null };
  return {
    metric: metric === 'loss' ? 'loss' : 'accuracy',
    split: objective['selectOn'] === 'test' ? 'test' : 'validation',
  };
}

/**
 * Value and interval that a model predicted, each the nearest that a score can have: accuracies are
 * fractions of the samples, and the model does not know that.
 */
export function possiblePrediction(
  { value, low, high }: Pick<Prediction, 'value' | 'low' | 'high'>,
  { metric }: Pick<ScoreKind, 'metric'>,
): Pick<Prediction, 'value' | 'low' | 'high'> {
  const possible = (given: number): number =>
    metric === 'accuracy' ? Math.min(1, Math.max(0, given)) : given;
  return { value: possible(value), low: possible(low), high: possible(high) };
}

/** `validation accuracy`, `test loss`, `value`. */
export function scoreName({ metric, split }: ScoreKind): string {
  return split === null ? metric : `${split} ${metric}`;
}

/** A finite score: accuracies `96.37 %`, everything else four significant digits. */
export function scoreText(score: number, metric: Metric): string {
  return metric === 'accuracy'
    ? `${signed((score * 100).toFixed(2))}${THIN}%`
    : significant(score, 4);
}

/** A finite score with its split where no label names it: `96.37 % (validation)`. */
export function scoreWithSplit(score: number, { metric, split }: ScoreKind): string {
  const text = scoreText(score, metric);
  return split === null ? text : `${text} (${split})`;
}

/**
 * A difference of scores with its sign: accuracies in percentage points, `+0.08 points`,
 * everything else two significant digits.
 */
export function gainText(by: number, metric: Metric): string {
  const text = metric === 'accuracy' ? points((by * 100).toFixed(2)) : significant(by, 2);
  return by >= 0 ? `+${text}` : signed(text);
}

/** A standard deviation of scores to one digit: accuracies in percentage points. */
export function noiseText(deviation: number, metric: Metric): string {
  if (metric !== 'accuracy') return significant(deviation, 1);
  return points((deviation * 100).toFixed(deviation < 0.00095 ? 2 : 1));
}

function points(number: string): string {
  return `${number}${THIN}points`;
}

/** Below a thousandth in powers of ten, with a true minus. */
export function significant(given: number, digits: number): string {
  if (given === 0) return '0';
  const size = Math.abs(given);
  if (size < 0.001 || size >= 1e7) {
    const [mantissa = '', exponent = ''] = given.toExponential(Math.min(digits, 2) - 1).split('e');
    return signed(`${mantissa}e${exponent.replace('+', '')}`);
  }
  const text = given.toPrecision(digits);
  return signed(text.includes('e') ? String(Number(text)) : text);
}

export function signed(text: string): string {
  return text.replace(/-/g, MINUS);
}
