/**
 * Lists the networks to choose from for a dataset: the network of the draft, and the presets
 * adapted to the dataset, each with its number of weights.
 */
import type { z } from 'zod';
import type { Catalogue, DatasetEntry } from '../datasets/catalogue.ts';
import type { networkCard } from '../protocol/window/set-up.ts';
import { weightsByLayer } from '../training/models/count-weights.ts';
import { fitNetwork, without } from '../training/models/fit-network.ts';
import { namedParameters } from '../training/models/named-parameters.ts';
import { PRESETS } from '../training/models/presets.ts';
import { isFields } from '../training/models/reader.ts';
import { resolveNetwork } from '../training/models/resolve.ts';
import { Scope } from '../training/models/scope.ts';
import { networkInSearch } from '../training/objective/network-in-search.ts';
import type { SearchSpaceLike, TrainObjective } from '../training/objective/objective.ts';
import { resolveObjective } from '../training/objective/resolve-objective.ts';
import { draftNetwork } from './draft-study.ts';
import { toWindowProblem } from './problems.ts';

export type NetworkCard = z.output<typeof networkCard>;

const TITLES: Readonly<Record<string, string>> = {
  'cnn-searched': 'CNN, width searched',
  'dense-searched': 'Dense layers, width searched',
  'mnist-paper': 'Small CNN',
  'lenet-5': 'LeNet-5',
  cnn: 'CNN',
  mlp: 'Two dense layers',
  'resnet-20': 'ResNet-20',
  'efficientnet-b0': 'EfficientNet-B0',
};

/** Distribution of the parameters that presets leave to the search: all of them are shares. */
const SHARE = { type: 'float', low: 0, high: 0.5 } as const;

/** @param dataset null: presets only, each for the dataset it was written for */
export function listNetworks(dataset: DatasetEntry | null): NetworkCard[] {
  const drafted = dataset === null ? null : draftNetwork(dataset);
  const presets = [...PRESETS].flatMap(([name, description]) => {
    if (!isFields(description)) return [];
    const preset = without(description, '$schema');
    const network = dataset === null ? preset : fitNetwork(preset, dataset);
    const space = Object.fromEntries(namedParameters(network).map((each) => [each, SHARE]));
    return [
      { name, title: TITLES[name] ?? name, network, space, ...judged(network, space, dataset) },
    ];
  });
  return dataset === null || drafted === null
    ? presets
    : [searchedCard(drafted, dataset), ...presets];
}

function searchedCard(
  { network, space }: NonNullable<ReturnType<typeof draftNetwork>>,
  dataset: DatasetEntry,
): NetworkCard {
  const name = String(network['name']);
  const weights =
    networkInSearch(objectiveOn(network, dataset), space, only(dataset))?.weights ?? null;
  return { name, title: TITLES[name] ?? name, network, space: { ...space }, weights, misfit: null };
}

function judged(
  network: Readonly<Record<string, unknown>>,
  space: SearchSpaceLike,
  dataset: DatasetEntry | null,
): Pick<NetworkCard, 'weights' | 'misfit'> {
  const scope = new Scope(
    Object.fromEntries(Object.keys(space).map((name) => [name, SHARE.high])),
    space,
  );
  const resolved =
    dataset === null
      ? resolveNetwork(network, scope, 'network')
      : resolveObjective(objectiveOn(network, dataset), scope, only(dataset))?.network;
  const [first] = scope.problems;
  if (resolved === undefined)
    return { weights: null, misfit: first === undefined ? null : toWindowProblem(first) };
  const weights = weightsByLayer(resolved).reduce((sum, count) => sum + count, 0);
  return { weights: { low: weights, high: weights }, misfit: null };
}

/** Returns a study of the network whose other settings are valid for any dataset. */
function objectiveOn(network: object, dataset: DatasetEntry): TrainObjective {
  const settings = { batch: 1, epochs: 1, optimizer: { type: 'sgd', learningRate: 0.1 } };
  const metric = dataset.targets > 0 ? 'loss' : 'accuracy';
  return { kind: 'train', dataset: dataset.name, network, settings, metric, selectOn: 'test' };
}

function only(dataset: DatasetEntry): Catalogue {
  return { names: () => [dataset.name], find: () => dataset };
}
