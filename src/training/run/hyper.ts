/**
 * Converts each lane's values to the rows of 32-bit words that executors read: one row per run, or
 * one per step where a value varies by step, computed in pieces. Functions of the step are computed
 * here in float64 and rounded once.
 */
import { defined } from '../../core/at.ts';
import type { Numeric } from '../../core/formats/field.ts';
import { power } from '../../core/elementary.ts';
import type { Network } from '../models/network.ts';
import type { Clip, OptimizerSettings, Params, Schedule } from '../objective/objective.ts';
import { quote } from '../objective/problem.ts';
import type { Plan } from '../plan/plan.ts';
import { TrainingError } from '../training-error.ts';
import { learningRateAt, scheduleVaries, type LaneSchedule, type Varies } from './schedule.ts';

/** Settings that become columns. */
export interface HyperSettings {
  readonly optimizer: OptimizerSettings;
  readonly schedule?: Schedule | undefined;
  readonly clip?: Clip | undefined;
  /** Default 1. */
  readonly epochs?: Numeric;
}

/** Value of a column at a step of the run. */
type Value = (step: number) => number;

export class HyperRows {
  readonly rows: 'run' | 'step';
  /** Number of epochs of each lane. */
  readonly epochs: readonly number[];
  readonly #plan: Plan;
  /** [lane][column]. */
  readonly #values: readonly (readonly Value[])[];

  /**
   * @param perEpoch steps per epoch
   * @throws TrainingError if a lane lacks a parameter, or if a column of the plan has no source
   */
  constructor(
    plan: Plan,
    network: Network,
    settings: HyperSettings,
    lanes: readonly Params[],
    perEpoch: number,
  ) {
    this.#plan = plan;
    this.epochs = lanes.map((params) => epochsOf(settings, params));
    this.#values = lanes.map((params) => {
      const columns = columnsOf(network, settings, params, perEpoch);
      return plan.hyper.map(({ name }) => {
        const value = columns.get(name);
        if (value === undefined)
          throw new TrainingError('unsupported', `no value for the plan's column ${name}`);
        return typeof value === 'number' ? () => value : value;
      });
    });
    this.rows = varies(settings) === 'step' ? 'step' : 'run';
  }

  /**
   * Returns [row][lane][column] for `count` steps from step `first` of the run; if `rows` is 'run',
   * the single row that is valid in the epoch of `first`.
   */
  piece(first: number, count: number): Uint32Array {
    const columns = this.#plan.hyper;
    const lanes = this.#values.length;
    const rows = this.rows === 'run' ? 1 : count;
    const words = new Uint32Array(rows * lanes * columns.length);
    const floats = new Float32Array(words.buffer);
    let at = 0;
    for (let row = 0; row < rows; row++) {
      for (const values of this.#values) {
        for (let column = 0; column < columns.length; column++, at++) {
          const value = defined(values[column])(first + row);
          if (columns[column]?.type === 'u32') words[at] = value;
          else floats[at] = value;
        }
      }
    }
    return words;
  }
}

/**
 * Returns a lane's number.
 * @throws TrainingError if the parameter is absent or not a number
 */
function numericValue(expression: Numeric, params: Params): number {
  if (typeof expression === 'number') return expression;
  const value = params[expression.$param];
  if (typeof value !== 'number') {
    throw new TrainingError(
      'unsupported',
      `parameter ${JSON.stringify(expression.$param)}: expected a number, found ${quote(value)}`,
    );
  }
  return (value * (expression.times ?? 1)) / (expression.over ?? 1);
}

/** Returns a lane's count: rounded down, at least 1. */
function countValue(expression: Numeric, params: Params): number {
  return Math.max(1, Math.floor(numericValue(expression, params)));
}

function epochsOf({ epochs = 1 }: HyperSettings, params: Params): number {
  return countValue(epochs, params);
}

function varies({ optimizer, schedule }: HyperSettings): Varies {
  return optimizer.type === 'adam' || optimizer.type === 'adamw'
    ? 'step'
    : scheduleVaries(schedule?.type ?? 'constant');
}

/** A lane's columns by name; a plain number where the value is independent of the step. */
function columnsOf(
  network: Network,
  settings: HyperSettings,
  params: Params,
  perEpoch: number,
): Map<string, number | Value> {
  const value = (expression: Numeric): number => numericValue(expression, params);
  const base = value(settings.optimizer.learningRate);
  const schedule = laneSchedule(settings.schedule ?? { type: 'constant' }, params);
  const total = epochsOf(settings, params) * perEpoch;
  const rate =
    scheduleVaries(schedule.type) === 'never'
      ? base
      : (step: number): number => learningRateAt(schedule, base, step, perEpoch, total);
  const columns = optimizerColumns(settings.optimizer, value, rate);
  const { clip } = settings;
  if (clip !== undefined) columns.set('clip', value('norm' in clip ? clip.norm : clip.value));
  columns.set(
    'smoothing',
    network.loss.type === 'softmax-cross-entropy' ? value(network.loss.smoothing) : 0,
  );
  for (const { id, fields } of network.layers) {
    if (fields.type !== 'dropout') continue;
    const share = value(fields.rate);
    columns.set(`${id}.threshold`, Math.floor(share * 2 ** 32));
    columns.set(`${id}.scale`, 1 / (1 - share));
  }
  return columns;
}

function laneSchedule(schedule: Schedule, params: Params): LaneSchedule {
  switch (schedule.type) {
    case 'constant':
      return schedule;
    case 'exponential':
      return { type: 'exponential', gamma: numericValue(schedule.gamma, params) };
    case 'step':
      return {
        type: 'step',
        every: countValue(schedule.every, params),
        gamma: numericValue(schedule.gamma, params),
      };
    case 'cosine': {
      const warmup = Math.max(0, Math.floor(numericValue(schedule.warmup, params)));
      return { type: 'cosine', warmup, final: numericValue(schedule.final, params) };
    }
  }
}

/**
 * Columns of the optimiser, with PyTorch's defaults.
 * @param rate α with its schedule
 */
function optimizerColumns(
  optimizer: OptimizerSettings,
  value: (expression: Numeric) => number,
  rate: number | Value,
): Map<string, number | Value> {
  const rateAt: Value = typeof rate === 'number' ? () => rate : rate;
  switch (optimizer.type) {
    case 'sgd':
      return new Map([
        ['learningRate', rate],
        ['momentum', value(optimizer.momentum ?? 0)],
        ['weightDecay', value(optimizer.weightDecay ?? 0)],
      ]);
    case 'rmsprop': {
      const alpha = value(optimizer.alpha ?? 0.99);
      return new Map([
        ['learningRate', rate],
        ['alpha', alpha],
        ['rest', 1 - alpha],
        ['epsilon', value(optimizer.epsilon ?? 1e-8)],
        ['momentum', value(optimizer.momentum ?? 0)],
        ['weightDecay', value(optimizer.weightDecay ?? 0)],
      ]);
    }
    case 'adam':
    case 'adamw': {
      const [beta1, beta2] = [value(optimizer.beta1 ?? 0.9), value(optimizer.beta2 ?? 0.999)];
      const decay = value(optimizer.weightDecay ?? (optimizer.type === 'adamw' ? 0.01 : 0));
      return new Map<string, number | Value>([
        ['stepSize', (step) => rateAt(step) / (1 - power(beta1, step + 1))],
        ['correction', (step) => 1 / Math.sqrt(1 - power(beta2, step + 1))],
        ['beta1', beta1],
        ['rest1', 1 - beta1],
        ['beta2', beta2],
        ['rest2', 1 - beta2],
        ['epsilon', value(optimizer.epsilon ?? 1e-8)],
        optimizer.type === 'adam'
          ? ['weightDecay', decay]
          : ['shrink', (step): number => 1 - rateAt(step) * decay],
      ]);
    }
  }
}
