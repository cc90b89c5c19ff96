/**
 * Trains one preset on the graphics card for some seconds, in a process of its own. Arguments:
 * executor (webgpu, tensorflow), preset, lanes, batch, seconds, and `evaluate` where every seventh
 * sample is evaluated. Prints one JSON object.
 */
import { Calibrations } from '../../src/training/calibration/calibrations.ts';
import { TensorflowExecutor } from '../../src/training/executors/tensorflow/tensorflow.ts';
import { WebgpuExecutor } from '../../src/training/executors/webgpu/webgpu.ts';
import { openSubject } from '../training-subject.ts';

/** Output of the process. */
export interface Throughput {
  readonly label: string;
  /** Trained samples of all lanes per second of wall time; evaluation counts as time only. */
  readonly samplesPerSecond: number;
  readonly compileMilliseconds: number;
  readonly steps: number;
}

/** Steps of an epoch; an evaluation after it takes a sixth of its samples. */
const STEPS = 60;
const BATCHES = 16;

const [kind = 'webgpu', preset = '', lanes = '1', batch = '128', seconds = '2', evaluate] =
  process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await measure())}\n`);
// Dawn keeps the process alive.
process.exit(0);

async function measure(): Promise<Throughput> {
  // Searches its form and tiles as in a worker, but keeps nothing.
  const search = { calibrations: new Calibrations(null, () => performance.now()) };
  const executor =
    kind === 'tensorflow' ? new TensorflowExecutor() : new WebgpuExecutor({ search });
  const size = Number(batch);
  const { executable, compileMilliseconds, epoch } = await openSubject(executor, {
    preset,
    batch: size,
    lanes: Number(lanes),
    steps: STEPS,
    batches: BATCHES,
  });
  const evaluated = epoch.order.subarray(0, Math.floor((STEPS * size) / 6));
  const train = async (seconds: number): Promise<number> => {
    const stop = new AbortController();
    const end = performance.now() + 1000 * seconds;
    let done = 0;
    for (;;) {
      const report = await executable.run({
        ...epoch,
        signal: stop.signal,
        onChunk: () => {
          if (performance.now() > end) stop.abort();
        },
      });
      done += report.stepsDone;
      if (performance.now() > end) return done;
      if (evaluate === 'evaluate') await executable.evaluate(evaluated, stop.signal);
    }
  };
  // The first steps prepare pipelines and settle the length of chunks.
  await train(0.3 * Number(seconds));
  const from = performance.now();
  const steps = await train(Number(seconds));
  const samples = steps * size * Number(lanes);
  return {
    label: executable.label,
    samplesPerSecond: (1000 * samples) / (performance.now() - from),
    compileMilliseconds,
    steps,
  };
}
