/** One cohort's training: epochs over the training indices, then the selection split. Lanes end by success, divergence or their signal. */
import { createHash } from 'node:crypto';
import type { Dataset } from './datasets/dataset.ts';
import { splitValidation } from './datasets/split.ts';
import type { Executable, LaneMetrics } from './executors/executor.ts';
import { HyperRows } from './hyper.ts';
import type { LaneOutcome, LaneRequest, TrainObjective, TrainProgress } from './objective.ts';
import { shuffled, stepsOf } from './order.ts';
import type { ResolvedObjective } from './resolve-objective.ts';

export interface CohortLane {
  readonly request: LaneRequest;
  readonly signal: AbortSignal;
}

export class Cohort {
  readonly #objective: TrainObjective;
  readonly #resolved: ResolvedObjective;
  readonly #dataset: Dataset;
  readonly #executable: Executable;
  readonly #seed: number;
  readonly #lanes: readonly CohortLane[];
  readonly #outcomes: (LaneOutcome | undefined)[];
  /** Sums over the last epoch, and over the run, by lane. */
  readonly #trainingLoss: number[];
  readonly #never = new AbortController().signal;
  #milliseconds = 0;
  #samples = 0;

  constructor(
    objective: TrainObjective,
    resolved: ResolvedObjective,
    dataset: Dataset,
    executable: Executable,
    seed: number,
    lanes: readonly CohortLane[],
  ) {
    this.#objective = objective;
    this.#resolved = resolved;
    this.#dataset = dataset;
    this.#executable = executable;
    this.#seed = seed;
    this.#lanes = lanes;
    this.#outcomes = lanes.map(() => undefined);
    this.#trainingLoss = lanes.map(() => NaN);
  }

  async train(onProgress?: (progress: TrainProgress) => void): Promise<LaneOutcome[]> {
    const { network, settings } = this.#resolved;
    const { training, selection } = this.#indices();
    const { steps, last } = stepsOf(training.length, settings.batch, settings.remainder);
    const kept = training.subarray(0, (steps - 1) * settings.batch + last);
    const params = this.#lanes.map((lane) => lane.request.params);
    const hyper = new HyperRows(this.#executable.plan, network, settings, params, steps);
    const { epochs, rows } = hyper;
    await this.#executable.begin(
      this.#seed,
      this.#lanes.map((lane) => ({ trial: lane.request.trial, shared: settings.sameStart })),
    );
    const longest = Math.max(...epochs);
    for (let epoch = 0; epoch < longest && this.#open().length > 0; epoch++) {
      const order = settings.shuffle ? permute(training, shuffled(training.length, this.#seed, epoch)).subarray(0, kept.length) : kept;
      const onChunk = (done: number): void => {
        this.#stopCancelled();
        onProgress?.({ epoch, step: epoch * steps + done, steps: longest * steps });
      };
      this.#stopCancelled();
      const report = await this.#executable.run({
        epoch,
        firstStep: 0,
        steps,
        order,
        hyper: hyper.piece(epoch * steps, steps),
        rows,
        signal: this.#never,
        onChunk,
      });
      this.#stopCancelled();
      this.#milliseconds += report.milliseconds;
      this.#samples += kept.length;
      report.lanes.forEach((metrics, lane) => this.#noteEpoch(lane, epoch, metrics));
      const finished = this.#open().filter((lane) => epoch + 1 === epochs[lane]);
      if (finished.length > 0) await this.#finish(finished, epoch, selection);
    }
    return this.#outcomes.map((outcome) => outcome ?? { outcome: 'cancelled' });
  }

  #indices(): { training: Uint32Array; selection: Uint32Array } {
    const { entry, view } = this.#dataset;
    const all = Uint32Array.from({ length: entry.training }, (_, i) => i);
    const share = this.#resolved.settings.validation;
    const split =
      share === 0
        ? { training: all, validation: new Uint32Array(0) }
        : splitValidation(view.y.subarray(0, entry.training), entry.classes, share, this.#seed);
    const test = Uint32Array.from({ length: entry.test }, (_, i) => entry.training + i);
    return { training: split.training, selection: this.#objective.selectOn === 'test' ? test : split.validation };
  }

  #open(): number[] {
    return this.#outcomes.flatMap((outcome, lane) => (outcome === undefined ? [lane] : []));
  }

  #settle(lane: number, outcome: LaneOutcome): void {
    this.#outcomes[lane] = outcome;
    this.#executable.stopLane(lane);
  }

  #stopCancelled(): void {
    for (const lane of this.#open()) if (this.#lanes[lane]?.signal.aborted === true) this.#settle(lane, { outcome: 'cancelled' });
  }

  #noteEpoch(lane: number, epoch: number, metrics: LaneMetrics | null): void {
    if (metrics === null || this.#outcomes[lane] !== undefined) return;
    if (metrics.diverged) this.#settle(lane, { outcome: 'diverged', epoch, executor: this.#executable.label });
    else this.#trainingLoss[lane] = metrics.lossSum / metrics.samples;
  }

  /** Evaluates the cohort; lanes that have trained their last epoch get their outcome. */
  async #finish(finished: readonly number[], epoch: number, selection: Uint32Array): Promise<void> {
    const metrics = await this.#executable.evaluate(selection, this.#never);
    this.#stopCancelled();
    for (const lane of finished) {
      const measured = metrics[lane];
      if (this.#outcomes[lane] !== undefined || measured === null || measured === undefined) continue;
      if (measured.diverged) {
        this.#settle(lane, { outcome: 'diverged', epoch, executor: this.#executable.label });
        continue;
      }
      const loss = measured.lossSum / measured.samples;
      const accuracy = measured.correct / measured.samples;
      const { weights } = await this.#executable.readWeights(lane);
      this.#settle(lane, {
        outcome: 'succeeded',
        value: this.#objective.metric === 'accuracy' ? accuracy : loss,
        metrics: {
          loss,
          accuracy,
          trainingLoss: this.#trainingLoss[lane] ?? NaN,
          epochs: epoch + 1,
          samplesPerSecond: (this.#samples * this.#lanes.length * 1000) / Math.max(this.#milliseconds, 0.001),
        },
        checksum: checksum(weights),
        executor: this.#executable.label,
      });
    }
  }
}

function permute(indices: Uint32Array, order: Uint32Array): Uint32Array {
  return order.map((i) => indices[i] ?? 0);
}

/** SHA-256 of the weights as little-endian float32. */
export function checksum(weights: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(weights.length * 4));
  weights.forEach((w, i) => bytes.setFloat32(4 * i, w, true));
  return createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex');
}
