/** Objective and study that train a small network on the dataset `points`. */

/** @param epochs of each trial */
export function pointsObjective(epochs: number) {
  return {
    kind: 'train',
    dataset: 'points',
    network: {
      format: 'galapagos-network/1',
      name: 'small',
      layers: [{ type: 'dense', units: 4 }, { type: 'relu' }, { type: 'dense', units: 2 }],
      loss: { type: 'softmax-cross-entropy' },
    },
    settings: {
      batch: 16,
      epochs,
      optimizer: { type: 'sgd', learningRate: { $param: 'rate' } },
      validation: 0.25,
    },
  } as const;
}

/** A study file whose trials run on GPUs, in cohorts that fill them. */
export function studyOnCard({ trials, epochs }: { trials: number; epochs: number }) {
  return {
    format: 'galapagos-study/1',
    name: 'on a card',
    objective: { ...pointsObjective(epochs), executor: 'webgpu' },
    direction: 'maximize',
    searchSpace: { rate: { type: 'float', low: 0.001, high: 1, log: true } },
    sampler: { name: 'evolution' },
    stop: { trials },
    packing: 'sooner',
    // Every trial ends by itself, whatever its curve.
    pruner: { name: 'none' },
    seed: 3,
  } as const;
}
