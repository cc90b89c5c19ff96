/** The networks that come with Galapagos, as cards to choose from: fitted to a dataset, with what they weigh on it. */
import type { DatasetEntry } from '../training/datasets/catalogue.ts';
import { weightsByLayer } from '../training/models/count-weights.ts';
import { fitNetwork, without } from '../training/models/fit-network.ts';
import { namedParameters } from '../training/models/named-parameters.ts';
import { PRESETS } from '../training/models/presets.ts';
import { isFields } from '../training/models/reader.ts';
import { resolveNetwork } from '../training/models/resolve.ts';
import { Scope } from '../training/models/scope.ts';
import { resolveObjective } from '../training/resolve-objective.ts';
import type { networkCard } from '../protocol/window/set-up.ts';
import { toWindowProblem } from './problems.ts';
import type { z } from 'zod';

export type NetworkCard = z.output<typeof networkCard>;

const TITLES: Readonly<Record<string, string>> = {
  'mnist-paper': 'Small CNN',
  'lenet-5': 'LeNet-5',
  cnn: 'CNN',
  mlp: 'Two dense layers',
  'resnet-20': 'ResNet-20',
  'efficientnet-b0': 'EfficientNet-B0',
};

/** Parameters that presets leave to the search: shares, all of them. */
const SHARE = { type: 'float', low: 0, high: 0.5 } as const;

/** @param dataset null: each on what it was written for */
export function listNetworks(dataset: DatasetEntry | null): NetworkCard[] {
  return [...PRESETS].flatMap(([name, description]) => {
    if (!isFields(description)) return [];
    const preset = without(description, '$schema');
    const network = dataset === null ? preset : fitNetwork(preset, dataset);
    return [{ name, title: TITLES[name] ?? name, network, ...judged(network, dataset) }];
  });
}

function judged(network: Readonly<Record<string, unknown>>, dataset: DatasetEntry | null): Pick<NetworkCard, 'weights' | 'misfit'> {
  const names = namedParameters(network);
  const scope = new Scope(
    Object.fromEntries(names.map((name) => [name, SHARE.high])),
    Object.fromEntries(names.map((name) => [name, SHARE])),
  );
  const resolved = dataset === null ? resolveNetwork(network, scope, 'network') : onDataset(network, dataset, scope);
  const [first] = scope.problems;
  if (resolved === undefined) return { weights: null, misfit: first === undefined ? null : toWindowProblem(first) };
  const weights = weightsByLayer(resolved).reduce((sum, count) => sum + count, 0);
  return { weights: { low: weights, high: weights }, misfit: null };
}

/** As in a study whose settings are beyond doubt. */
function onDataset(network: object, dataset: DatasetEntry, scope: Scope): ReturnType<typeof resolveNetwork> {
  const settings = { batch: 1, epochs: 1, optimizer: { type: 'sgd', learningRate: 0.1 } };
  const metric = dataset.targets > 0 ? 'loss' : 'accuracy';
  const objective = { kind: 'train', dataset: dataset.name, network, settings, metric, selectOn: 'test' } as const;
  return resolveObjective(objective, scope, { names: () => [dataset.name], find: () => dataset })?.network;
}
