/**
 * Resolves a network description (JSON) with parameter values to a network: unrolls repeats,
 * evaluates conditions, names layers, infers shapes. Collects all problems. Plans are compiled
 * elsewhere.
 */
import { fieldsOf } from '../../core/formats/field.ts';
import { INPUT, LOSS, LOSS_TYPES, NETWORK_FORMAT } from '../../core/formats/network-format.ts';
import { isWithin, type Range } from '../../core/formats/range.ts';
import { quote } from '../objective/problem.ts';
import { LayerList } from './layer-list.ts';
import type { Loss, Network } from './network.ts';
import { isFields, Reader } from './reader.ts';
import type { Scope } from './scope.ts';

/**
 * Resolves a description.
 * @param path prefix of the paths in problems, such as `network`
 * @param data input that the description omits: the dataset's shape and statistics
 * @returns undefined if problems were added to `scope.problems`
 */
export function resolveNetwork(
  description: unknown,
  scope: Scope,
  path = '',
  data?: Network['input'],
): Network | undefined {
  const before = scope.problems.length;
  if (!isFields(description)) {
    scope.report({
      code: 'wrong-type',
      path,
      expected: 'a network description',
      found: quote(description),
    });
    return undefined;
  }
  const reader = new Reader(description, path, scope, { asked: ['$schema'] });
  const format = reader.raw('format');
  if (format !== NETWORK_FORMAT)
    reader.report('wrong-type', 'format', JSON.stringify(NETWORK_FORMAT), quote(format));
  const name = reader.raw('name');
  if (typeof name !== 'string')
    reader.report(
      name === undefined ? 'missing-field' : 'wrong-type',
      'name',
      'a text',
      quote(name),
    );
  const input = readInput(reader, data);
  const loss = readLoss(reader);
  const list = new LayerList(scope, input?.shape);
  const layers = reader.raw('layers');
  if (Array.isArray(layers) && layers.length > 0)
    list.read(layers, path === '' ? 'layers' : `${path}.layers`);
  else
    reader.report(
      layers === undefined ? 'missing-field' : 'wrong-type',
      'layers',
      'a list of layers',
      quote(layers),
    );
  reader.finish();
  if (scope.problems.length === before && list.layers.length === 0)
    reader.report('missing-field', 'layers', 'at least one layer whose "when" holds', 'none');
  if (scope.problems.length === before) list.reportUnused();
  if (
    scope.problems.length > before ||
    typeof name !== 'string' ||
    input === undefined ||
    loss === undefined
  )
    return undefined;
  return { name, input, layers: list.layers, loss };
}

function readInput(
  outer: Reader,
  data: Network['input'] | undefined,
): Network['input'] | undefined {
  if (data !== undefined && !outer.has('input')) return data;
  const reader = outer.object('input', '{"shape", "mean", "deviation"}');
  if (reader === undefined) return undefined;
  const said = data === undefined || reader.has('shape');
  const shape = said
    ? numbers(reader, 'shape', '[C, H, W] or [F], positive integers', INPUT.shape, [1, 3])
    : data.shape;
  const channels = shape?.[0];
  const each =
    channels === undefined ? 'for each channel' : `for each of ${String(channels)} channels`;
  // With a different number of channels, only the difference of the shapes is reported.
  const given = data !== undefined && data.mean.length === channels ? data : undefined;
  const fill = (n: number): number[] => Array<number>(channels ?? 0).fill(n);
  const mean = reader.has('mean')
    ? numbers(reader, 'mean', `a number ${each}`, INPUT.mean, channels)
    : (given?.mean ?? fill(0));
  const deviation = reader.has('deviation')
    ? numbers(reader, 'deviation', `a number above 0 ${each}`, INPUT.deviation, channels)
    : (given?.deviation ?? fill(1));
  reader.finish();
  return shape === undefined || mean === undefined || deviation === undefined
    ? undefined
    : { shape, mean, deviation };
}

/** @param lengths allowed lengths of the list; undefined: any */
function numbers(
  reader: Reader,
  field: string,
  expected: string,
  range: Range,
  lengths: number | readonly number[] | undefined,
): number[] | undefined {
  const value = reader.raw(field);
  const isLong = (n: number): boolean =>
    lengths === undefined || (typeof lengths === 'number' ? n === lengths : lengths.includes(n));
  if (
    Array.isArray(value) &&
    isLong(value.length) &&
    value.every((n) => typeof n === 'number' && isWithin(n, range))
  )
    return value as number[];
  reader.report(
    value === undefined ? 'missing-field' : 'wrong-type',
    field,
    expected,
    quote(value),
  );
  return undefined;
}

function readLoss(outer: Reader): Loss | undefined {
  const reader = outer.object('loss', '{"type": "softmax-cross-entropy"}');
  if (reader === undefined) return undefined;
  const type = reader.choice('type', LOSS_TYPES, undefined, 'unknown-type');
  if (type === undefined) return undefined;
  const fields = reader.readAll(fieldsOf(LOSS, type));
  reader.finish();
  return fields === undefined ? undefined : { type, ...fields };
}
