/**
 * Training of one cohort: epochs over the training indices, each followed by an evaluation of the
 * selection split. Lanes end individually: after their last epoch, by divergence or by their
 * signal; this does not change a bit of the other lanes' results.
 */
import { at, defined } from '../../core/at.ts';
import type { LanesListener } from '../../core/lanes-listener.ts';
import type { Dataset } from '../../datasets/dataset.ts';
import { splitValidation } from '../../datasets/split.ts';
import { Gate } from '../../runtime/gate.ts';
import { turn } from '../../runtime/turn.ts';
import type { Executable, Pause, RunReport } from '../executors/executor.ts';
import type {
  EpochReport,
  LaneOutcome,
  TrainObjective,
  TrainProgress,
  TrainedBy,
} from '../objective/objective.ts';
import type { ResolvedObjective } from '../objective/resolve-objective.ts';
import type { Plan } from '../plan/plan.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoint-file.ts';
import { HyperRows } from './hyper.ts';
import { Lane, type CohortLane } from './lane.ts';
import { shuffled, stepsOf } from './order.ts';
import type { Trained } from './trained.ts';

export type { CohortLane };

/**
 * Callbacks during the training of a cohort. `report` is not called for a lane's last epoch, whose
 * report is part of the outcome.
 */
export interface TrainListener extends Partial<
  LanesListener<EpochReport, LaneOutcome, TrainProgress>
> {
  /** Called before `ended` of a lane that succeeded, with its trained network. */
  trained?(lane: number, trained: Trained): void;
}

/** Everything needed to train a cohort. */
export interface Prepared {
  /**
   * Plan of this network; the executable may have been compiled for an equal plan with other layer
   * names.
   */
  readonly plan: Plan;
  readonly executable: Executable;
  /** Reason for the choice of the executor, as text. */
  readonly reason: string;
  /** Number of lanes that fill the device; absent: it has one lane. */
  readonly lanesWanted?: number;
}

/**
 * Number of rows of hyper-parameters computed at once. Independent of the lanes, so that sums are
 * split at the same steps for all.
 */
const PIECE_STEPS = 512;

export class CohortRun {
  readonly #objective: TrainObjective;
  readonly #resolved: ResolvedObjective;
  readonly #dataset: Dataset;
  readonly #plan: Plan;
  readonly #executable: Executable;
  readonly #seed: number;
  readonly #requests: readonly CohortLane[];
  readonly #listener: TrainListener;
  readonly #never = new AbortController().signal;
  readonly #by: TrainedBy;
  readonly #gate: Gate;
  #lanes: readonly Lane[] = [];
  #milliseconds = 0;
  #samples = 0;

  /** @param gate while it is closed, the cohort waits between two batches; cancels are obeyed */
  constructor(
    objective: TrainObjective,
    resolved: ResolvedObjective,
    dataset: Dataset,
    { plan, executable, reason, lanesWanted }: Prepared,
    seed: number,
    lanes: readonly CohortLane[],
    listener: TrainListener,
    gate = new Gate(),
  ) {
    this.#objective = objective;
    this.#resolved = resolved;
    this.#dataset = dataset;
    this.#plan = plan;
    this.#executable = executable;
    this.#by = {
      executor: executable.label,
      executorReason: reason,
      ...(lanesWanted === undefined ? {} : { lanesWanted }),
    };
    this.#seed = seed;
    this.#requests = lanes;
    this.#listener = listener;
    this.#gate = gate;
  }

  async train(): Promise<LaneOutcome[]> {
    const { network, settings, seed } = this.#resolved;
    const { training, selection } = this.#indices();
    await turn();
    const { steps, last } = stepsOf(training.length, settings.batch, settings.remainder);
    const kept = (steps - 1) * settings.batch + last;
    const params = this.#requests.map(({ request }) => request.params);
    const hyper = new HyperRows(this.#plan, network, settings, params, steps);
    await turn();
    this.#lanes = this.#requests.map(
      ({ signal, part }, i) =>
        new Lane(
          Math.min(at(hyper.epochs, i), part?.until ?? Infinity),
          signal,
          this.#objective.metric,
          // The weights of the last epoch are those that the next part starts from.
          part === undefined ? settings.keep : 'last',
        ),
    );
    await this.#executable.begin(
      this.#seed,
      this.#requests.map(({ request }) => ({
        trial: request.trial,
        shared: settings.sameStart || seed !== undefined,
      })),
    );
    for (const [lane, { part }] of this.#requests.entries())
      if (part !== undefined && part.start !== null)
        await this.#executable.writeWeights(lane, await loadCheckpoint(part.start, this.#plan));
    const longest = Math.max(...this.#lanes.map(({ epochs }) => epochs));
    for (
      let epoch = this.#requests[0]?.part?.from ?? 0;
      epoch < longest && this.#isTraining();
      epoch++
    ) {
      const order = (
        settings.shuffle
          ? permute(training, shuffled(training.length, this.#seed, epoch))
          : training
      ).subarray(0, kept);
      await this.#trainEpoch(hyper, epoch, order, steps, longest);
      this.#samples += kept;
      if (this.#isTraining()) await this.#evaluate(epoch, selection);
      if (this.#isTraining()) await this.#executable.compact();
    }
    return this.#lanes.map(({ outcome }) => outcome ?? { outcome: 'cancelled', reports: [] });
  }

  #indices(): { training: Uint32Array; selection: Uint32Array } {
    const { entry, view } = this.#dataset;
    const all = Uint32Array.from({ length: entry.training }, (_, i) => i);
    const share = this.#resolved.settings.validation;
    // Numeric targets have no classes to stratify by, so all samples count as one class.
    const [labels, classes] =
      entry.classes > 0
        ? [view.y.subarray(0, entry.training), entry.classes]
        : [new Uint8Array(entry.training), 1];
    const split =
      share === 0
        ? { training: all, validation: new Uint32Array(0) }
        : splitValidation(labels, classes, share, this.#seed);
    const test = Uint32Array.from({ length: entry.test }, (_, i) => entry.training + i);
    return {
      training: split.training,
      selection: this.#objective.selectOn === 'test' ? test : split.validation,
    };
  }

  async #trainEpoch(
    hyper: HyperRows,
    epoch: number,
    order: Uint32Array,
    steps: number,
    epochs: number,
  ): Promise<void> {
    const { rows } = hyper;
    const piece = rows === 'run' ? steps : PIECE_STEPS;
    for (let first = 0; first < steps && this.#isTraining(); first += piece) {
      const count = Math.min(piece, steps - first);
      const onChunk = (done: number, diverged: readonly number[]): void => {
        for (const [at, lane] of this.#open())
          if (diverged.includes(at)) this.#end(at, lane.diverged(epoch, this.#by));
        this.#stopCancelled();
        this.#listener.progress?.({
          epoch,
          step: epoch * steps + first + done,
          steps: epochs * steps,
        });
      };
      this.#stopCancelled();
      const report = await this.#executable.run({
        epoch,
        firstStep: first,
        steps: count,
        order,
        hyper: hyper.piece(epoch * steps + first, count),
        rows,
        signal: this.#never,
        pause: this.#pause,
        onChunk,
      });
      this.#stopCancelled();
      this.#milliseconds += report.milliseconds;
      this.#note(epoch, report);
    }
  }

  #note(epoch: number, report: RunReport): void {
    for (const [at, lane] of this.#open()) {
      const metrics = report.lanes[at] ?? null;
      if (metrics === null) continue;
      if (metrics.diverged) this.#end(at, lane.diverged(epoch, this.#by));
      else lane.trained(metrics);
    }
  }

  /** Evaluates the live lanes; lanes that have finished their last epoch end. */
  async #evaluate(epoch: number, selection: Uint32Array): Promise<void> {
    const metrics = await this.#executable.evaluate(selection, this.#never, this.#pause);
    this.#stopCancelled();
    for (const [at, lane] of this.#open()) {
      const measured = metrics[at] ?? null;
      // A lane may be cancelled while another one is evaluated on the test set.
      if (measured === null || lane.outcome !== undefined) continue;
      if (measured.diverged) {
        this.#end(at, lane.diverged(epoch, this.#by));
        continue;
      }
      const report = lane.evaluated(epoch, measured, this.#dataset.entry.classes > 0);
      if (lane.wants(report)) lane.keep(report, await this.#executable.readWeights(at));
      if (epoch + 1 === lane.epochs) await this.#succeed(at, lane);
      else this.#listener.report?.(at, report);
    }
  }

  async #succeed(at: number, lane: Lane): Promise<void> {
    const perSecond =
      (this.#samples * this.#lanes.length * 1000) / Math.max(this.#milliseconds, 0.001);
    const onTest = this.#objective.test === true ? await this.#onTest(at, lane) : {};
    const { part } = defined(this.#requests[at]);
    if (part !== undefined && lane.kept !== undefined)
      await saveCheckpoint(part.end, this.#plan, lane.kept);
    if (lane.outcome !== undefined) return;
    const outcome = lane.succeeded(this.#by, perSecond, {
      ...onTest,
      trainingSeconds: this.#milliseconds / 1000 / this.#lanes.length,
    });
    if (lane.kept !== undefined)
      this.#listener.trained?.(at, {
        network: this.#resolved.network,
        plan: this.#plan,
        state: lane.kept,
      });
    this.#end(at, outcome);
  }

  /** Evaluates the kept weights on the test set; only this lane's result is used. */
  async #onTest(at: number, { kept }: Lane): Promise<Record<string, number>> {
    if (kept === undefined) return {};
    await this.#executable.writeWeights(at, kept);
    const { training, test, classes } = this.#dataset.entry;
    const indices = Uint32Array.from({ length: test }, (_, i) => training + i);
    const metrics = await this.#executable.evaluate(indices, this.#never, this.#pause);
    const measured = metrics[at] ?? null;
    if (measured === null || measured.diverged) return {};
    const { lossSum, correct, samples } = measured;
    return {
      testLoss: lossSum / samples,
      ...(classes > 0 ? { testAccuracy: correct / samples } : {}),
    };
  }

  #end(at: number, outcome: LaneOutcome): void {
    this.#executable.stopLane(at);
    this.#listener.ended?.(at, outcome);
  }

  /** Waits until the gate is open, and ends the lanes that are cancelled meanwhile. */
  readonly #pause: Pause = () => {
    if (this.#gate.isOpen) return null;
    const signals = this.#open().map(([, { signal }]) => signal);
    return this.#gate.opened(signals).then(() => this.#stopCancelled());
  };

  #isTraining(): boolean {
    return this.#lanes.some(({ outcome }) => outcome === undefined);
  }

  #open(): [number, Lane][] {
    return [...this.#lanes.entries()].filter(([, { outcome }]) => outcome === undefined);
  }

  #stopCancelled(): void {
    for (const [at, lane] of this.#open())
      if (lane.signal.aborted) this.#end(at, lane.cancelled(this.#by));
  }
}

function permute(indices: Uint32Array, order: Uint32Array): Uint32Array {
  return order.map((i) => at(indices, i));
}
