/**
 * Tables of measured hyper-parameter settings (HPOBench, HPOLib, NAS-Bench-201, as float32 files
 * with a meta.json), read from the folder that GALAPAGOS_HPO_TABLES names. Rows run through the
 * parameters' values with the last one fastest; each row holds one result a seed, NaN where there
 * is none.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Distribution, EncodedParams } from '../../src/core/search-space/distribution.ts';
import { mean, median } from '../statistics.ts';
import type { SearchProblem } from './problem.ts';

interface Meta {
  readonly radix: readonly number[];
  readonly params: readonly string[];
  readonly direction: 'min' | 'max';
  readonly seeds: number;
  readonly rows: number;
}

/** A problem whose points are the rows of a table. */
export interface TableProblem extends SearchProblem {
  /** Returns the result of one training; `u` in [0, 1) selects it. */
  readonly noisy: (params: EncodedParams, u: number) => number;
  /** Returns the mean over the row's trainings. */
  readonly truth: (params: EncodedParams) => number;
}

/** Null where the variable is not set. */
export async function hpoTables(): Promise<readonly TableProblem[] | null> {
  const folder = process.env['GALAPAGOS_HPO_TABLES'];
  if (folder === undefined || folder === '') return null;
  const metas = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as Record<
    string,
    Meta
  >;
  return Promise.all(
    Object.entries(metas).map(async ([name, meta]) => {
      const bytes = await readFile(join(folder, `${name}.f32`));
      return problemOf(
        name,
        meta,
        new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)),
      );
    }),
  );
}

function problemOf(
  name: string,
  { radix, params, direction, seeds, rows }: Meta,
  results: Float32Array,
): TableProblem {
  if (results.length !== rows * seeds)
    throw new RangeError(`${name}: expected ${rows} × ${seeds} results, found ${results.length}`);
  const family = name.split('-')[0] ?? name;
  const available = (row: number): number[] =>
    [...results.subarray(row * seeds, (row + 1) * seeds)].filter((value) => !Number.isNaN(value));
  const means = Float64Array.from({ length: rows }, (_, row) => mean(available(row)));
  const sorted = means.filter((value) => !Number.isNaN(value)).sort();
  const rowOf = (encoded: EncodedParams): number =>
    radix.reduce((row, size, index) => row * size + (encoded[index] ?? 0), 0);
  return {
    name,
    family,
    space: Object.fromEntries(
      params.map((param, index) => [param, distributionOf(param, radix[index] ?? 1)]),
    ),
    direction: direction === 'min' ? 'minimize' : 'maximize',
    optimum: (direction === 'min' ? sorted[0] : sorted.at(-1)) ?? NaN,
    median: median([...sorted]),
    noisy: (encoded, u) => {
      const values = available(rowOf(encoded));
      return values[Math.floor(u * values.length)] ?? NaN;
    },
    truth: (encoded) => means[rowOf(encoded)] ?? NaN,
  };
}

/** Parameters without an order; the others are values on a scale. */
const unordered: ReadonlySet<string> = new Set([
  'activation_fn_1',
  'activation_fn_2',
  'lr_schedule',
  'Op0',
  'Op1',
  'Op2',
  'Op3',
  'Op4',
  'Op5',
]);

function distributionOf(param: string, size: number): Distribution {
  if (unordered.has(param))
    return { type: 'categorical', choices: Array.from({ length: size }, (_, choice) => choice) };
  return { type: 'int', low: 0, high: size - 1 };
}
