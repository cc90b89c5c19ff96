/**
 * Trains one network by an executor in a process of its own, so that compilation is cold and
 * another Node can be measured. Arguments: preset, lanes, steps of a repeat, repeats, executor
 * (wasm; tensorflow, or tensorflow-ops: op by op). Prints one JSON object.
 */
import { problemText } from '../src/core/errors.ts';
import { keyOf, philox, PURPOSE } from '../src/core/random.ts';
import type { Executor } from '../src/training/executors/executor.ts';
import { TensorflowExecutor } from '../src/training/executors/tensorflow/tensorflow.ts';
import { WasmExecutor } from '../src/training/executors/wasm/wasm.ts';
import { sizeOf } from '../src/training/models/network.ts';
import { PRESETS } from '../src/training/models/presets.ts';
import { resolveNetwork } from '../src/training/models/resolve.ts';
import { Scope } from '../src/training/models/scope.ts';
import { compilePlan } from '../src/training/plan/compile.ts';
import { HyperRows } from '../src/training/run/hyper.ts';

/** Output of the process. */
export interface Measured {
  readonly label: string;
  /** Samples of all lanes per CPU second, the best of the repeats. */
  readonly samplesPerSecond: number;
  /**
   * Milliseconds from the network to executable code, for the first plan of the process, after
   * probing the host.
   */
  readonly compileMilliseconds: number;
  readonly moduleBytes: number;
}

const BATCH = 128;
const PARAMS = { dropout: 0.1 };

const [preset = '', lanes = '1', steps = '10', repeats = '3', kind = 'wasm'] =
  process.argv.slice(2);
process.stdout.write(
  `${JSON.stringify(await measure(preset, Number(lanes), Number(steps), Number(repeats)))}\n`,
);

async function measure(
  name: string,
  laneCount: number,
  stepCount: number,
  repeatCount: number,
): Promise<Measured> {
  const scope = new Scope(PARAMS);
  const network = resolveNetwork(PRESETS.get(name), scope);
  if (network === undefined)
    throw new Error(`${name}: ${scope.problems.map(problemText).join('; ')}`);
  const optimizer = { type: 'sgd', learningRate: 0.01, momentum: 0.9 } as const;
  const executor = executorNamed(kind);
  const signal = new AbortController().signal;
  // The host is probed for fused multiply-add once, before any plan, as in workers.
  await executor.probe();
  const began = performance.now();
  const plan = compilePlan(network, { batch: BATCH, optimizer });
  const executable = await executor.compile(plan, laneCount, signal);
  const compileMilliseconds = performance.now() - began;
  const samples = stepCount * BATCH;
  const { shape } = plan.input;
  const size = sizeOf(shape);
  const x = new Uint8Array(samples * size);
  const words = new Uint32Array(4);
  for (let i = 0; i < x.length; i++) {
    if ((i & 15) === 0) philox(keyOf(1), i >>> 4, 0, 0, PURPOSE.synthetic << 24, words);
    x[i] = (words[(i >>> 2) & 3] ?? 0) >>> (8 * (i & 3));
  }
  const y = Uint8Array.from({ length: samples }, (_, i) => i % 10);
  await executable.loadDataset({ samples, shape, classes: 10, sampleType: 'u8', x, y });
  await executable.begin(
    1,
    Array.from({ length: laneCount }, (_, trial) => ({ trial, shared: false })),
  );
  const params = Array.from({ length: laneCount }, () => PARAMS);
  const rows = new HyperRows(plan, network, { optimizer }, params, stepCount);
  const order = Uint32Array.from({ length: samples }, (_, i) => i);
  let best = 0;
  for (let repeat = 0; repeat <= repeatCount; repeat++) {
    const before = process.cpuUsage();
    await executable.run({
      epoch: 0,
      firstStep: 0,
      steps: stepCount,
      order,
      hyper: rows.piece(0, 1),
      rows: rows.rows,
      signal,
    });
    const { user, system } = process.cpuUsage(before);
    if (repeat > 0) best = Math.max(best, (laneCount * samples * 1e6) / (user + system));
  }
  const { label, memory } = executable;
  await executable.dispose();
  return { label, samplesPerSecond: best, compileMilliseconds, moduleBytes: memory.codeBytes };
}

function executorNamed(name: string): Executor {
  switch (name) {
    case 'tensorflow':
      return new TensorflowExecutor();
    case 'tensorflow-ops':
      return new TensorflowExecutor({ form: 'ops' });
    case 'wasm':
      return new WasmExecutor();
    default:
      throw new Error(`no executor ${name}`);
  }
}
