/** Creates a study for a dataset with a sensible default in every field, ready to start. */
import { defaultSampler } from '../core/samplers/create-sampler.ts';
import type { DatasetEntry } from '../datasets/catalogue.ts';
import type { StudyFile } from '../protocol/study-file.ts';
import type { SearchSpaceLike } from '../training/objective/objective.ts';

type Network = Record<string, unknown>;

const SHARED_SPACE = {
  learningRate: { type: 'float', low: 0.001, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.99 },
  weightDecay: { type: 'float', low: 1e-6, high: 0.01, log: true },
  dropout: { type: 'float', low: 0, high: 0.5 },
} as const;

const UNITS = { type: 'int', low: 16, high: 256, log: true } as const;

/** Least image size, in pixels, for every pooling layer; smaller images are pooled less often. */
const LEAST_FOR_POOLS = 12;
/** Epochs of a draft, few enough to see a first result soon. */
const EPOCHS = 3;
const TRIALS = 64;
/** A batch is at most one of this many parts of the training samples. */
const BATCHES_AN_EPOCH = 8;

/** @param name of the study: free, and what a person would call it */
export function draftStudy(dataset: DatasetEntry, name: string): StudyFile {
  const { shape, targets } = dataset;
  const [network, units] = networkFor(dataset);
  const batch = batchesFor(dataset);
  return {
    format: 'galapagos-study/1',
    name,
    objective: {
      kind: 'train',
      dataset: dataset.name,
      network,
      settings: {
        batch: batch.length === 1 ? batch[0] : { $param: 'batch' },
        epochs: shape.length === 3 ? EPOCHS : epochsOfTable(dataset),
        optimizer: {
          type: 'sgd',
          learningRate: { $param: 'learningRate' },
          momentum: { $param: 'momentum' },
          weightDecay: { $param: 'weightDecay' },
        },
        validation: dataset.training < 1000 ? 0.2 : 0.1,
      },
      metric: targets > 0 ? 'loss' : 'accuracy',
      selectOn: 'validation',
      ...(dataset.source.kind === 'bundled' ? { executor: 'wasm', bits: 'wasm' } : {}),
    },
    direction: targets > 0 ? 'minimize' : 'maximize',
    searchSpace: {
      ...SHARED_SPACE,
      // Gradients of the squared error grow with the targets: learning rates that suit
      // classification would diverge.
      ...(targets > 0 ? { learningRate: { type: 'float', low: 1e-5, high: 0.1, log: true } } : {}),
      ...(units ? { units: UNITS } : {}),
      ...(batch.length === 1 ? {} : { batch: { type: 'categorical', choices: [...batch] } }),
    },
    sampler: { ...defaultSampler },
    stop: { trials: TRIALS },
    seed: 1,
  };
}

/**
 * Returns the network that a draft for a dataset searches, with the distributions of its
 * parameters; null: the draft uses a preset.
 */
export function draftNetwork(
  dataset: DatasetEntry,
): { readonly network: Network; readonly space: SearchSpaceLike } | null {
  const [network] = networkFor(dataset);
  return typeof network === 'string'
    ? null
    : { network, space: { dropout: SHARED_SPACE.dropout, units: UNITS } };
}

/** The network, and whether the search sets its units. */
function networkFor({
  shape,
  classes,
  targets,
  source,
}: DatasetEntry): readonly [string | Network, boolean] {
  if (source.kind === 'bundled') return ['mnist-paper', false];
  const last = { type: 'dense', units: targets > 0 ? targets : classes };
  const loss = { type: targets > 0 ? 'mean-squared-error' : 'softmax-cross-entropy' };
  const hidden = { type: 'dense', units: { $param: 'units' } };
  const dropout = { type: 'dropout', rate: { $param: 'dropout' } };
  const written = (name: string, layers: readonly object[]): Network => ({
    format: 'galapagos-network/1',
    name,
    layers,
    loss,
  });
  if (shape.length !== 3)
    return [
      written('dense-searched', [
        hidden,
        { type: 'relu' },
        dropout,
        hidden,
        { type: 'relu' },
        last,
      ]),
      true,
    ];
  const [channels = 1, height = 1, width = 1] = shape;
  const filters = channels === 1 ? 8 : 16;
  const pools = Math.min(height, width) >= LEAST_FOR_POOLS;
  const block = (n: number): object[] => [
    { type: 'conv', filters: n, kernel: 3, padding: 'same' },
    ...(pools ? [{ type: 'max-pool', size: 2 }] : []),
    { type: 'relu' },
  ];
  return [
    written('cnn-searched', [
      ...block(filters),
      ...block(2 * filters),
      { type: 'flatten' },
      dropout,
      hidden,
      { type: 'relu' },
      last,
    ]),
    true,
  ];
}

/** Epochs for a table: tables are small, so training takes a moment. */
function epochsOfTable({ training }: DatasetEntry): number {
  return training < 2000 ? 30 : training < 50_000 ? 10 : EPOCHS;
}

/** Batch sizes. Several are the search's choice. */
function batchesFor({ training }: DatasetEntry): readonly [number, ...number[]] {
  const fit = [32, 64, 128].filter((batch) => batch * BATCHES_AN_EPOCH <= training);
  const [first, ...more] = fit;
  return first === undefined
    ? [Math.max(1, Math.min(16, Math.floor(training / 2)))]
    : [first, ...more];
}
