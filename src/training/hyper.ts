/** Each lane's values as the rows of 32-bit words that executors read: α, μ, λ, mask thresholds, scales, smoothing. */
import type { Network } from './models/network.ts';
import type { Numeric, Params, SgdSettings } from './objective.ts';
import type { Plan } from './plan/plan.ts';
import { quote } from './problem.ts';
import { TrainingError } from './training-error.ts';

/** A number of a lane. @throws TrainingError if the parameter is absent or no number */
export function numericValue(expression: Numeric, params: Params): number {
  if (typeof expression === 'number') return expression;
  const value = params[expression.$param];
  if (typeof value !== 'number') {
    throw new TrainingError('unsupported', `parameter ${JSON.stringify(expression.$param)}: expected a number, found ${quote(value)}`);
  }
  return (value * (expression.times ?? 1)) / (expression.over ?? 1);
}

/** [lane][column]: one row for the whole run, as nothing here varies by step. */
export function hyperRow(plan: Plan, network: Network, optimizer: SgdSettings, lanes: readonly Params[]): Uint32Array {
  const row = new Uint32Array(lanes.length * plan.hyper.length);
  const floats = new Float32Array(row.buffer);
  lanes.forEach((params, lane) => {
    const values = columnValues(network, optimizer, params);
    plan.hyper.forEach(({ name, type }, column) => {
      const value = values.get(name);
      if (value === undefined) throw new TrainingError('unsupported', `nothing gives the plan's column ${name}`);
      if (type === 'u32') row[lane * plan.hyper.length + column] = value;
      else floats[lane * plan.hyper.length + column] = value;
    });
  });
  return row;
}

function columnValues(network: Network, optimizer: SgdSettings, params: Params): Map<string, number> {
  const values = new Map([
    ['learningRate', numericValue(optimizer.learningRate, params)],
    ['momentum', numericValue(optimizer.momentum ?? 0, params)],
    ['weightDecay', numericValue(optimizer.weightDecay ?? 0, params)],
    ['smoothing', network.loss.type === 'softmax-cross-entropy' ? numericValue(network.loss.smoothing, params) : 0],
  ]);
  for (const { id, fields } of network.layers) {
    if (fields.type !== 'dropout') continue;
    const rate = numericValue(fields.rate, params);
    values.set(`${id}.threshold`, Math.floor(rate * 2 ** 32));
    values.set(`${id}.scale`, Math.fround(1 / (1 - rate)));
  }
  return values;
}
