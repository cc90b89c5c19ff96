/**
 * The published protocol as the presets repeat it, and its published results (bar charts; logs and
 * command lines were not published, so exact agreement cannot be expected).
 */

export interface Method {
  readonly name: 'grid' | 'random' | 'evolution';
  readonly preset: string;
  readonly colour: string;
  /** Per cent on the test set: mean of ten searches (grid: one) and the bar around it. */
  readonly accuracy: { readonly value: number; readonly deviation: number };
  /** Speed-up on 4 nodes, MNIST. */
  readonly speedUp: number;
}

export const EVALUATIONS = 64;
export const NODES = 4;

export const grid: Method = {
  name: 'grid',
  preset: 'paper-mnist-grid',
  colour: '#6e7781',
  accuracy: { value: 93.97, deviation: 0.38 },
  speedUp: 3.62,
};
export const random: Method = {
  name: 'random',
  preset: 'paper-mnist-random',
  colour: '#0072b2',
  accuracy: { value: 94.03, deviation: 0.385 },
  speedUp: 3.62,
};
export const evolution: Method = {
  name: 'evolution',
  preset: 'paper-mnist-evolution',
  colour: '#c2500a',
  accuracy: { value: 94.67, deviation: 0.36 },
  speedUp: 3.65,
};

export const methods: readonly Method[] = [grid, random, evolution];

/** Speed-up of the published evolution on 4 nodes, CIFAR-10. */
export const CIFAR_SPEED_UP = 3.8;

/** Colour of the results of Galapagos. */
export const OURS = '#00805e';
