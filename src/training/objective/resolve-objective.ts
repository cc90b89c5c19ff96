/**
 * Resolves an objective with parameter values: network, settings, dataset. Every problem has its
 * path in the objective.
 */
import { executorNames } from '../../core/executor-names.ts';
import { catalogueOf, type Catalogue, type DatasetEntry } from '../../datasets/catalogue.ts';
import { fitNetwork } from '../models/fit-network.ts';
import { shapeText, type Network, type Shape } from '../models/network.ts';
import { PRESETS } from '../models/presets.ts';
import { isFields, Reader } from '../models/reader.ts';
import { resolveNetwork } from '../models/resolve.ts';
import type { Scope } from '../models/scope.ts';
import { checkSize } from './network-size.ts';
import type { TrainObjective } from './objective.ts';
import { nearest, quote } from './problem.ts';
import { readSettings, type ResolvedSettings } from './settings.ts';

/** Executors whose results differ between machines. */
const VARYING: ReadonlySet<string> = new Set(['webgpu', 'tensorflow']);

export interface ResolvedObjective {
  readonly network: Network;
  readonly settings: ResolvedSettings;
  readonly dataset: DatasetEntry;
  /** undefined: the study's seed, combined with the trial's number. */
  readonly seed: number | undefined;
}

/**
 * Resolves an objective. A network without input shape or statistics takes the dataset's; a named
 * preset is adapted to the dataset (`fitNetwork`).
 * @param datasets known datasets; default: the built-in ones
 * @returns undefined if problems were added to `scope.problems`
 */
export function resolveObjective(
  objective: TrainObjective,
  scope: Scope,
  datasets: Catalogue = catalogueOf(null),
): ResolvedObjective | undefined {
  const before = scope.problems.length;
  const dataset = datasets.find(objective.dataset);
  if (dataset === undefined)
    unknownName(scope, 'dataset', objective.dataset, datasets.names(), 'import it under this name');
  const description = describedNetwork(objective.network, dataset);
  if (description === undefined) unknownName(scope, 'network', objective.network, PRESETS.keys());
  const network =
    description === undefined
      ? undefined
      : resolveNetwork(
          description,
          scope,
          'network',
          dataset === undefined ? undefined : { shape: dataset.shape, ...dataset.statistics },
        );
  if (dataset === undefined) forgiveMissingInput(scope);
  const settings = readSettings(objective.settings, scope);
  const seed = readSeed(objective, scope);
  readWord(scope, 'metric', objective.metric, ['accuracy', 'loss']);
  readWord(scope, 'selectOn', objective.selectOn, ['validation', 'test']);
  readWord(scope, 'executor', objective.executor ?? 'auto', ['auto', ...executorNames]);
  readWord(scope, 'bits', objective.bits ?? 'wasm', ['wasm']);
  if (objective.bits === 'wasm' && VARYING.has(objective.executor ?? 'auto')) {
    const expected = '"auto", "wasm" or "reference", because bits is "wasm"';
    scope.report({
      code: 'out-of-range',
      path: 'executor',
      expected,
      found: JSON.stringify(objective.executor),
    });
  }
  if (settings?.validation === 0 && objective.selectOn === 'validation') {
    scope.report({
      code: 'out-of-range',
      path: 'settings.validation',
      expected: 'a share above 0, because selectOn is "validation"',
      found: '0',
    });
  }
  if (network !== undefined && dataset !== undefined) match(scope, network, dataset);
  if (dataset !== undefined && dataset.targets > 0)
    matchTargets(scope, objective, network, dataset);
  if (network !== undefined && settings !== undefined) {
    matchAugment(scope, settings, network.input.shape);
    checkSize(network, settings.optimizer, scope);
  }
  if (dataset !== undefined && settings !== undefined) matchSteps(scope, settings, dataset);
  if (
    scope.problems.length > before ||
    network === undefined ||
    settings === undefined ||
    dataset === undefined
  )
    return undefined;
  return { network, settings, dataset, seed };
}

/**
 * Returns the description unchanged, or a named preset adapted to the dataset; undefined if there
 * is no such preset.
 */
function describedNetwork(
  network: string | object,
  dataset: DatasetEntry | undefined,
): object | undefined {
  const preset = typeof network === 'string' ? PRESETS.get(network) : network;
  return typeof network === 'string' && dataset !== undefined && isFields(preset)
    ? fitNetwork(preset, dataset)
    : preset;
}

function readSeed({ seed }: TrainObjective, scope: Scope): number | undefined {
  return seed === undefined
    ? undefined
    : new Reader({ seed }, '', scope).integer('seed', { low: 0, high: Number.MAX_SAFE_INTEGER });
}

/**
 * Removes the problem of a missing input for an unknown dataset, because it is a consequence of the
 * unknown dataset.
 */
function forgiveMissingInput({ problems }: Scope): void {
  const kept = problems.filter(
    ({ code, path }) => code !== 'missing-field' || !/^network\.input(?:\.shape)?$/.test(path),
  );
  problems.splice(0, problems.length, ...kept);
}

/** @param otherwise hint where no known name is similar */
function unknownName(
  scope: Scope,
  field: string,
  name: unknown,
  known: Iterable<string>,
  otherwise?: string,
): void {
  const names = [...known];
  const hint = (typeof name === 'string' ? nearest(name, names) : undefined) ?? otherwise;
  scope.report({
    code: 'unknown-name',
    path: field,
    expected: `one of ${names.join(', ')}`,
    found: quote(name),
    ...(hint === undefined ? {} : { hint }),
  });
}

function readWord(scope: Scope, field: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  unknownName(scope, field, value, words);
}

function match(scope: Scope, network: Network, dataset: DatasetEntry): void {
  const [expected, found] = [shapeText(dataset.shape), shapeText(network.input.shape)];
  if (expected !== found)
    scope.report({
      code: 'shape-mismatch',
      path: 'network.input.shape',
      expected: `${dataset.name}'s ${expected}`,
      found,
    });
  const last = network.layers.at(-1);
  if (last === undefined) return;
  const outputs = dataset.targets || dataset.classes;
  if (last.output.length !== 1 || last.output[0] !== outputs) {
    const what =
      dataset.targets === 0
        ? 'classes'
        : outputs === 1
          ? 'number to predict'
          : 'numbers to predict';
    scope.report({
      code: dataset.targets === 0 ? 'classes-mismatch' : 'targets-mismatch',
      path: `network.layers`,
      layer: last.id,
      expected: `a vector of ${dataset.name}'s ${String(outputs)} ${what} as the last output`,
      found: shapeText(last.output),
      ...(last.output.length === 1 ? {} : { hint: 'end with a flatten and a dense layer' }),
    });
  }
}

/** Numeric targets require the squared error, and have no accuracy. */
function matchTargets(
  scope: Scope,
  { metric }: TrainObjective,
  network: Network | undefined,
  { name }: DatasetEntry,
): void {
  const why = `, as ${name} has numbers to predict`;
  if (metric === 'accuracy')
    scope.report({
      code: 'out-of-range',
      path: 'metric',
      expected: `"loss"${why}`,
      found: '"accuracy"',
    });
  if (network !== undefined && network.loss.type !== 'mean-squared-error')
    scope.report({
      code: 'out-of-range',
      path: 'network.loss.type',
      expected: `"mean-squared-error"${why}`,
      found: quote(network.loss.type),
    });
}

/** Only images can be cropped and flipped, and a crop must overlap the image. */
function matchAugment(
  scope: Scope,
  { augment: { crop, flip } }: ResolvedSettings,
  shape: Shape,
): void {
  if (crop === 0 && !flip) return;
  const [, height, width] = shape;
  if (height === undefined || width === undefined) {
    scope.report({
      code: 'shape-mismatch',
      path: 'settings.augment',
      expected: 'images C×H×W',
      found: `vectors of ${shapeText(shape)}`,
    });
    return;
  }
  const most = Math.min(height, width) - 1;
  if (crop <= most) return;
  const expected = `at most ${String(most)} for images ${shapeText(shape)}`;
  scope.report({
    code: 'out-of-range',
    path: 'settings.augment.crop',
    expected,
    found: String(crop),
  });
}

/** If incomplete batches are dropped, an epoch must contain at least one whole batch. */
function matchSteps(
  scope: Scope,
  { batch, remainder, validation }: ResolvedSettings,
  { training }: DatasetEntry,
): void {
  const samples = Math.floor(training * (1 - validation));
  if (remainder === 'keep' || batch <= samples) return;
  const expected = `at most the ${String(samples)} training samples, because remainder is "drop"`;
  scope.report({
    code: 'out-of-range',
    path: 'settings.batch',
    expected,
    found: String(batch),
  });
}
