/**
 * The usual program with tfjs-node: `LayersModel.fit` of a preset's layers, one model, with the
 * installation that GALAPAGOS_TENSORFLOW names. Arguments: preset (mnist-paper, cnn), steps of a
 * repeat, repeats, and `gpu` for tfjs-node-gpu, which is timed by the clock instead of CPU time.
 * Prints one JSON object.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';

const BATCH = 128;

/** The part of tfjs that is used; its own types are not installed. */
interface Tfjs {
  sequential(options: { layers: readonly unknown[] }): {
    compile(options: { optimizer: unknown; loss: string }): void;
    fit(
      x: unknown,
      y: unknown,
      options: { batchSize: number; epochs: number; verbose: number; shuffle: boolean },
    ): Promise<unknown>;
  };
  readonly layers: Readonly<Record<string, (options: object) => unknown>>;
  readonly train: { momentum(rate: number, momentum: number): unknown };
  randomUniform(shape: readonly number[]): unknown;
  tensor(values: Float32Array, shape: readonly number[]): unknown;
}

const NETWORKS: Readonly<Record<string, readonly (readonly [string, object])[]>> = {
  'mnist-paper': [
    ['conv2d', { inputShape: [28, 28, 1], filters: 2, kernelSize: 5 }],
    ['maxPooling2d', { poolSize: 2 }],
    ['activation', { activation: 'relu' }],
    ['conv2d', { filters: 4, kernelSize: 5 }],
    ['maxPooling2d', { poolSize: 2 }],
    ['activation', { activation: 'relu' }],
    ['flatten', {}],
    ['dropout', { rate: 0.1 }],
    ['dense', { units: 10, activation: 'softmax' }],
  ],
  cnn: [
    ['conv2d', { inputShape: [28, 28, 1], filters: 32, kernelSize: 3 }],
    ['maxPooling2d', { poolSize: 2 }],
    ['activation', { activation: 'relu' }],
    ['conv2d', { filters: 64, kernelSize: 3 }],
    ['maxPooling2d', { poolSize: 2 }],
    ['activation', { activation: 'relu' }],
    ['flatten', {}],
    ['dense', { units: 128, activation: 'relu' }],
    ['dense', { units: 10, activation: 'softmax' }],
  ],
};

const [preset = '', steps = '10', repeats = '3', device = 'cpu'] = process.argv.slice(2);
const tf = loadTfjs();
const model = tf.sequential({
  layers: (NETWORKS[preset] ?? []).map(([type, fields]) => tf.layers[type]?.(fields)),
});
model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'categoricalCrossentropy' });
const samples = Number(steps) * BATCH;
const x = tf.randomUniform([samples, 28, 28, 1]);
const oneHot = new Float32Array(samples * 10);
for (let i = 0; i < samples; i++) oneHot[i * 10 + (i % 10)] = 1;
const y = tf.tensor(oneHot, [samples, 10]);
let best = 0;
for (let repeat = 0; repeat <= Number(repeats); repeat++) {
  const [before, began] = [process.cpuUsage(), performance.now()];
  await model.fit(x, y, { batchSize: BATCH, epochs: 1, verbose: 0, shuffle: false });
  const { user, system } = process.cpuUsage(before);
  const seconds = device === 'gpu' ? (performance.now() - began) / 1e3 : (user + system) / 1e6;
  if (repeat > 0) best = Math.max(best, samples / seconds);
}
process.stdout.write(`${JSON.stringify({ samplesPerSecond: best })}\n`);

function loadTfjs(): Tfjs {
  Object.assign(process.env, {
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_NUM_INTRAOP_THREADS: '1',
    TF_NUM_INTEROP_THREADS: '1',
  });
  // Node 23 removed these; tfjs-node calls them.
  const absent = {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(absent))
    if (!(name in util)) Object.defineProperty(util, name, { value });
  const folder = process.env['GALAPAGOS_TENSORFLOW'] ?? '';
  const name = device === 'gpu' ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  return createRequire(join(folder, 'package.json'))(name) as Tfjs;
}
