/**
 * The schema of training's settings, for editors. Training reads and judges them itself, against
 * the search space.
 */
import { z } from 'zod';
import { flag, real, whole, word } from './numbers-in-search.ts';
import { strict } from './problems.ts';

const optimizers = ['sgd', 'adam', 'adamw', 'rmsprop'];
const schedules = ['constant', 'exponential', 'step', 'cosine'];

const optimizer = strict({
  type: word(optimizers),
  learningRate: real({ low: 0 }),
  momentum: real({ low: 0, high: 1 }).exactOptional().describe('sgd, rmsprop; default none.'),
  nesterov: flag.exactOptional().describe('sgd; default false.'),
  beta1: real({ low: 0, below: 1 }).exactOptional().describe('adam, adamw; default 0.9.'),
  beta2: real({ low: 0, below: 1 }).exactOptional().describe('adam, adamw; default 0.999.'),
  alpha: real({ low: 0, below: 1 }).exactOptional().describe('rmsprop; default 0.99.'),
  epsilon: real({ above: 0 }).exactOptional().describe('adam, adamw, rmsprop; default 1e-8.'),
  weightDecay: real({ low: 0 }).exactOptional().describe('Default 0; adamw: 0.01.'),
  decay: word(['all', 'kernels']).exactOptional().describe('Which weights decay; default all.'),
});

const schedule = strict({
  type: word(schedules),
  gamma: real({ low: 0 })
    .exactOptional()
    .describe('exponential: the factor of an epoch. step: of a stage; default 0.1.'),
  every: whole(1).exactOptional().describe('step: epochs of a stage.'),
  warmup: whole(0).exactOptional().describe('cosine: steps over which the rate rises; default 0.'),
  final: real({ low: 0, high: 1 })
    .exactOptional()
    .describe('cosine: the share that is left at the end; default 0.'),
});

const limit = real({ above: 0 });

export const trainSettings = strict({
  batch: whole(1).describe('Samples per step.'),
  epochs: whole(1).describe('Passes over the training set.'),
  optimizer,
  schedule: schedule
    .exactOptional()
    .describe('What becomes of the learning rate; default constant.'),
  clip: z
    .union([strict({ norm: limit }), strict({ value: limit })])
    .exactOptional()
    .describe('Limits all gradients together by their norm, or each by its value; default none.'),
  augment: strict({
    crop: whole(0)
      .exactOptional()
      .describe('Pixels of zeros around an image before it is cropped at random; default 0.'),
    flip: flag.exactOptional().describe('Mirrors half of the images; default false.'),
  })
    .exactOptional()
    .describe('Of training images.'),
  shuffle: flag.exactOptional().describe('A new order in each epoch; default true.'),
  remainder: word(['keep', 'drop'])
    .exactOptional()
    .describe('What becomes of a last, smaller batch; default keep.'),
  validation: z
    .number()
    .min(0)
    .lt(1)
    .exactOptional()
    .describe('The share of the training set kept for selection; default 0.'),
  initialise: word(['pytorch', 'he-normal', 'he-uniform', 'glorot-normal', 'glorot-uniform'])
    .exactOptional()
    .describe('How weights start; default pytorch.'),
  sameStart: flag
    .exactOptional()
    .describe(
      'One fixed network seed for every trial, as in the published protocol; default false.',
    ),
  keep: word(['best', 'last'])
    .exactOptional()
    .describe(
      'Which epoch’s weights and value a trial keeps: the best on the images it is judged on (default), or the last.',
    ),
});
