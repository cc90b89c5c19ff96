/**
 * State of one lane during training: its reports, kept weights and outcome. Training and evaluation
 * are done by the cohort.
 */
import { createHash } from 'node:crypto';
import type { LaneMetrics, LaneState } from '../executors/executor.ts';
import type { LanePart } from './checkpoint-file.ts';
import type {
  EpochReport,
  LaneOutcome,
  LaneRequest,
  TrainObjective,
  TrainedBy,
} from '../objective/objective.ts';

export interface CohortLane {
  readonly request: LaneRequest;
  /** Part of the training to carry out; absent: all of it. */
  readonly part?: LanePart | undefined;
  readonly signal: AbortSignal;
}

interface Kept {
  readonly report: EpochReport;
  readonly state: LaneState;
}

export class Lane {
  /** Number of epochs after which it ends. */
  readonly epochs: number;
  readonly signal: AbortSignal;
  readonly #metric: TrainObjective['metric'];
  readonly #keep: 'best' | 'last';
  readonly #reports: EpochReport[] = [];
  #outcome: LaneOutcome | undefined;
  /** Sum of losses and number of samples in the current epoch. */
  #lossSum = 0;
  #samples = 0;
  #kept: Kept | undefined;

  constructor(
    epochs: number,
    signal: AbortSignal,
    metric: TrainObjective['metric'],
    keep: 'best' | 'last',
  ) {
    this.epochs = epochs;
    this.signal = signal;
    this.#metric = metric;
    this.#keep = keep;
  }

  /** undefined while the lane is training. */
  get outcome(): LaneOutcome | undefined {
    return this.#outcome;
  }

  get reports(): readonly EpochReport[] {
    return this.#reports;
  }

  /** Weights kept so far. */
  get kept(): LaneState | undefined {
    return this.#kept?.state;
  }

  /** Adds the result of a part of an epoch. */
  trained({ lossSum, samples }: LaneMetrics): void {
    this.#lossSum += lossSum;
    this.#samples += samples;
  }

  /**
   * Records an epoch's evaluation.
   * @param classes whether labels are classes; otherwise there is no accuracy
   * @returns the epoch's report
   */
  evaluated(
    epoch: number,
    { lossSum, correct, samples }: LaneMetrics,
    classes: boolean,
  ): EpochReport {
    const loss = lossSum / samples;
    const accuracy = correct / samples;
    const metrics = {
      loss,
      ...(classes ? { accuracy } : {}),
      trainingLoss: this.#lossSum / this.#samples,
    };
    const report = { epoch, value: this.#metric === 'accuracy' ? accuracy : loss, metrics };
    this.#lossSum = 0;
    this.#samples = 0;
    this.#reports.push(report);
    return report;
  }

  /** Returns whether to keep the weights of this report: it is the best so far, or the last. */
  wants({ epoch, value }: EpochReport): boolean {
    if (this.#keep === 'last' || this.#kept === undefined)
      return this.#keep === 'best' || epoch + 1 === this.epochs;
    const best = this.#kept.report.value;
    return this.#metric === 'accuracy' ? value > best : value < best;
  }

  keep(report: EpochReport, state: LaneState): void {
    this.#kept = { report, state };
  }

  cancelled({ executor }: TrainedBy): LaneOutcome {
    return (this.#outcome = { outcome: 'cancelled', executor, reports: this.#reports });
  }

  diverged(epoch: number, by: TrainedBy): LaneOutcome {
    return (this.#outcome = { outcome: 'diverged', epoch, reports: this.#reports, ...by });
  }

  /** @param more metrics of the kept weights */
  succeeded(
    by: TrainedBy,
    samplesPerSecond: number,
    more: Readonly<Record<string, number>> = {},
  ): LaneOutcome {
    if (this.#kept === undefined) throw new Error('a lane that succeeds must have kept weights');
    const { report, state } = this.#kept;
    const metrics = {
      ...report.metrics,
      ...more,
      keptEpoch: report.epoch,
      epochs: this.#reports.length,
      samplesPerSecond,
      weights: state.weights.length,
    };
    const { value } = report;
    return (this.#outcome = {
      outcome: 'succeeded',
      value,
      metrics,
      reports: this.#reports,
      checksum: checksum(state.weights),
      ...by,
    });
  }
}

/** SHA-256 of the weights as little-endian float32. */
export function checksum(weights: Float32Array): string {
  const bytes = new DataView(new ArrayBuffer(weights.length * 4));
  weights.forEach((w, i) => bytes.setFloat32(4 * i, w, true));
  return createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex');
}
