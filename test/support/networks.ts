/**
 * Small networks for the tests of all executors, with samples and a plan. `network-list.ts` lists
 * them.
 */
import { problemText } from '../../src/core/errors.ts';
import { keyOf, philox, PURPOSE } from '../../src/core/random.ts';
import type { DatasetView } from '../../src/datasets/dataset-view.ts';
import { resolveNetwork } from '../../src/training/models/resolve.ts';
import { Scope } from '../../src/training/models/scope.ts';
import type { Augment, Params } from '../../src/training/objective/objective.ts';
import { compilePlan } from '../../src/training/plan/compile.ts';
import type { HyperSettings } from '../../src/training/run/hyper.ts';
import { PARAMS, SGD, synthetic, type Subject } from './training.ts';

export { NETWORKS } from './network-list.ts';

export interface SmallNetwork {
  readonly name: string;
  readonly shape: readonly number[];
  readonly layers: readonly object[];
  readonly loss?: object;
  readonly batch?: number;
  readonly settings?: Partial<HyperSettings> & { readonly augment?: Augment };
  /** Data of numbers; classes unless `targets`. */
  readonly data?: { readonly sampleType: 'u8' | 'f32'; readonly targets?: number };
}

export interface SmallSubject extends Subject {
  readonly settings: HyperSettings;
  readonly view: DatasetView;
}

/** 11 samples and batches of 4 unless specified: the last step has 3. */
export function subjectOf(
  { shape, layers, loss, batch = 4, settings, data }: SmallNetwork,
  samples = 11,
  params: Params = PARAMS,
): SmallSubject {
  const scope = new Scope(params);
  const channels = shape[0] ?? 1;
  const description = {
    format: 'galapagos-network/1',
    name: 'small',
    input: {
      shape,
      mean: Array<number>(channels).fill(0.4),
      deviation: Array<number>(channels).fill(0.3),
    },
    layers,
    loss: loss ?? { type: 'softmax-cross-entropy' },
  };
  const network = resolveNetwork(description, scope);
  if (network === undefined) throw new Error(scope.problems.map(problemText).join('\n'));
  const whole = { optimizer: SGD, ...settings };
  const plan = compilePlan(network, { batch, ...whole }, data ?? { sampleType: 'u8' });
  const outputs = network.layers.at(-1)?.output[0] ?? 1;
  const bytes = synthetic(shape, outputs, samples);
  if (data === undefined) return { network, plan, settings: whole, view: bytes };
  const { sampleType, targets } = data;
  const x = sampleType === 'u8' ? bytes.x : Float32Array.from(bytes.x, (v) => v / 128 - 0.7);
  if (targets === undefined)
    return { network, plan, settings: whole, view: { ...bytes, sampleType, x } };
  return {
    network,
    plan,
    settings: whole,
    view: { ...bytes, sampleType, x, y: numbers(samples * targets), classes: 0, targets },
  };
}

/** Values in −1 … 1 from the generator's `synthetic` purpose. */
function numbers(count: number): Float32Array {
  const words = new Uint32Array(4 * Math.ceil(count / 4));
  for (let i = 0; i < words.length; i += 4)
    philox(keyOf(12), i / 4, 0, 0, PURPOSE.synthetic << 24, words, i);
  return Float32Array.from({ length: count }, (_, i) => (words[i] ?? 0) * 2 ** -31 - 1);
}
