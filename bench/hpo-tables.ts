/**
 * Tables of measured hyper-parameter settings (HPOBench, HPOLib, NAS-Bench-201, as float32 files
 * with a meta.json), read from the folder that GALAPAGOS_HPO_TABLES names. Rows run through the
 * parameters' values with the last one fastest; each row holds one result a seed, NaN where there
 * is none.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Distribution,
  EncodedParams,
  SearchSpace,
} from '../src/core/search-space/distribution.ts';
import type { Direction } from '../src/core/study/study-spec.ts';
import { mean, median } from './statistics.ts';

interface Meta {
  readonly radix: readonly number[];
  readonly params: readonly string[];
  readonly direction: 'min' | 'max';
  readonly seeds: number;
  readonly rows: number;
}

/** A problem that search is judged on. */
export interface TableProblem {
  readonly name: string;
  /** Problems of one family are averaged before families are. */
  readonly family: string;
  readonly space: SearchSpace;
  readonly direction: Direction;
  /** The true values of the best and of the median point. */
  readonly optimum: number;
  readonly median: number;
  /** What a single training returned; `u` on [0, 1) picks which. */
  readonly noisy: (params: EncodedParams, u: number) => number;
  /** The mean over the trainings there are. */
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
      params.map((param, index) => [param, distributionOf(family, radix[index] ?? 1)]),
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

/**
 * Operations of an architecture have no order; the other tables' parameters are values on a scale.
 */
function distributionOf(family: string, size: number): Distribution {
  if (family === 'nasbench201')
    return { type: 'categorical', choices: Array.from({ length: size }, (_, choice) => choice) };
  return { type: 'int', low: 0, high: size - 1 };
}
