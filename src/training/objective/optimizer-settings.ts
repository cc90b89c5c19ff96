/**
 * Reads `optimizer`. A parameter may select the kind: then the fields of all kinds are allowed, and
 * those of the selected one are used.
 */
import { fieldsOf } from '../../core/formats/field.ts';
import { OPTIMIZER, OPTIMIZER_TYPES } from '../../core/formats/settings-format.ts';
import type { Reader } from '../models/reader.ts';
import type { OptimizerSettings } from './objective.ts';

/** @returns settings with PyTorch's defaults; undefined if problems were reported */
export function readOptimizer(outer: Reader): OptimizerSettings | undefined {
  const reader = outer.object('optimizer', '{"type": "sgd", "learningRate": …}');
  if (reader === undefined) return undefined;
  const type = reader.choice('type', OPTIMIZER_TYPES, undefined, 'unknown-type');
  if (type === undefined) return undefined;
  const fields = reader.readAll(fieldsOf(OPTIMIZER, type));
  const isNesterov = type === 'sgd' && reader.read('nesterov', OPTIMIZER.nesterov) === true;
  if (isNesterov && !reader.has('momentum'))
    reader.report('missing-field', 'momentum', 'a momentum, because nesterov is true', 'nothing');
  reader.allowIfChosen(Object.keys(OPTIMIZER));
  reader.finish();
  return fields === undefined ? undefined : { type, ...fields };
}
