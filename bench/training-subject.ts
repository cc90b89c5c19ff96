/** A preset on an executor with random images, ready to train: what the training benches time. */
import { problemText } from '../src/core/errors.ts';
import { keyOf, philox, PURPOSE } from '../src/core/random.ts';
import type { Executable, Executor, RunRequest } from '../src/training/executors/executor.ts';
import { sizeOf, type Network } from '../src/training/models/network.ts';
import { PRESETS } from '../src/training/models/presets.ts';
import { resolveNetwork } from '../src/training/models/resolve.ts';
import { Scope } from '../src/training/models/scope.ts';
import { compilePlan } from '../src/training/plan/compile.ts';
import { HyperRows } from '../src/training/run/hyper.ts';

const PARAMS = { dropout: 0.1 };
const OPTIMIZER = { type: 'sgd', learningRate: 0.01, momentum: 0.9 } as const;

export interface SubjectOptions {
  readonly preset: string;
  readonly batch: number;
  readonly lanes: number;
  /** Steps of an epoch. */
  readonly steps: number;
  /** Images of the dataset, in batches; the epoch repeats them. Default: one for each step. */
  readonly batches?: number;
}

export interface Subject {
  readonly executable: Executable;
  /** Milliseconds from the network to executable code, after probing the host. */
  readonly compileMilliseconds: number;
  /** One epoch. */
  readonly epoch: Omit<RunRequest, 'signal' | 'onChunk'>;
}

/** @throws TrainingError where the executor cannot train the preset */
export async function openSubject(
  executor: Executor,
  { preset, batch, lanes, steps, batches = steps }: SubjectOptions,
): Promise<Subject> {
  const network = networkOf(preset);
  // The host is probed once, before any plan, as in workers.
  await executor.probe();
  const began = performance.now();
  const plan = compilePlan(network, { batch, optimizer: OPTIMIZER });
  const executable = await executor.compile(plan, lanes, new AbortController().signal);
  const compileMilliseconds = performance.now() - began;
  const samples = batches * batch;
  const { shape } = plan.input;
  const x = new Uint8Array(samples * sizeOf(shape));
  const words = new Uint32Array(4);
  for (let i = 0; i < x.length; i++) {
    if ((i & 15) === 0) philox(keyOf(1), i >>> 4, 0, 0, PURPOSE.synthetic << 24, words);
    x[i] = (words[(i >>> 2) & 3] ?? 0) >>> (8 * (i & 3));
  }
  const y = Uint8Array.from({ length: samples }, (_, i) => i % 10);
  await executable.loadDataset({ samples, shape, classes: 10, sampleType: 'u8', x, y });
  await executable.begin(
    1,
    Array.from({ length: lanes }, (_, trial) => ({ trial, shared: false })),
  );
  const params = Array.from({ length: lanes }, () => PARAMS);
  const rows = new HyperRows(plan, network, { optimizer: OPTIMIZER }, params, steps);
  return {
    executable,
    compileMilliseconds,
    epoch: {
      epoch: 0,
      firstStep: 0,
      steps,
      order: Uint32Array.from({ length: steps * batch }, (_, i) => i % samples),
      hyper: rows.piece(0, 1),
      rows: rows.rows,
    },
  };
}

/** The network of a preset with the dropout that the benches train with. */
export function networkOf(preset: string): Network {
  const scope = new Scope(PARAMS);
  const network = resolveNetwork(PRESETS.get(preset), scope);
  if (network === undefined)
    throw new Error(`${preset}: ${scope.problems.map(problemText).join('; ')}`);
  return network;
}
