/**
 * Trains one network by an executor in a process of its own, so that compilation is cold and
 * another Node can be measured. Arguments: preset, lanes, steps of a repeat, repeats, executor
 * (wasm; tensorflow, or tensorflow-ops: op by op). Prints one JSON object.
 */
import type { Executor } from '../src/training/executors/executor.ts';
import { TensorflowExecutor } from '../src/training/executors/tensorflow/tensorflow.ts';
import { WasmExecutor } from '../src/training/executors/wasm/wasm.ts';
import { openSubject } from './training-subject.ts';

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
  const options = { preset: name, batch: BATCH, lanes: laneCount, steps: stepCount };
  const { executable, compileMilliseconds, epoch } = await openSubject(
    executorNamed(kind),
    options,
  );
  const { signal } = new AbortController();
  let best = 0;
  for (let repeat = 0; repeat <= repeatCount; repeat++) {
    const before = process.cpuUsage();
    await executable.run({ ...epoch, signal });
    const { user, system } = process.cpuUsage(before);
    if (repeat > 0) best = Math.max(best, (laneCount * stepCount * BATCH * 1e6) / (user + system));
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
