/**
 * A search with early stopping on a virtual clock: W workers train epoch by epoch, each trial at a
 * speed of its own, until a number of epochs is spent.
 */
import { exp } from '../src/core/elementary.ts';
import { PURPOSE, Stream } from '../src/core/random.ts';
import type { EncodedParams } from '../src/core/search-space/distribution.ts';

export interface PrunedProposer {
  readonly propose: () => EncodedParams | Promise<EncodedParams>;
  /** Returns whether to stop the trial; asked after every epoch but the last. */
  readonly report: (number: number, step: number, value: number) => boolean | Promise<boolean>;
  readonly finished: (number: number, value: number) => void | Promise<void>;
  readonly stopped: (number: number) => void | Promise<void>;
}

export interface PruningSetting {
  readonly seed: number;
  readonly workers: number;
  /** Numbers of epochs spent at which the best finished value is recorded, ascending. */
  readonly checkpoints: readonly number[];
}

export interface PruningResult {
  /** Smallest value of the finished trials at each checkpoint; ∞ before the first. */
  readonly best: readonly number[];
  readonly finished: number;
  readonly stopped: number;
  /** Epochs that the stopped trials were not trained. */
  readonly saved: number;
}

interface Trial {
  readonly number: number;
  /** Value after each epoch, to be minimised. */
  readonly curve: readonly number[];
  readonly epochTime: number;
  epochs: number;
  nextAt: number;
}

export async function pruningLoop(
  curveOf: (params: EncodedParams) => Promise<readonly number[]>,
  proposer: PrunedProposer,
  { seed, workers, checkpoints }: PruningSetting,
): Promise<PruningResult> {
  const budget = checkpoints.at(-1) ?? 0;
  const best: number[] = [];
  const running: Trial[] = [];
  let [proposed, finished, stopped, saved, smallest] = [0, 0, 0, 0, Infinity];

  const start = async (now: number): Promise<void> => {
    const number = proposed;
    proposed += 1;
    const curve = await curveOf(await proposer.propose());
    const world = new Stream(seed, { purpose: PURPOSE.simulation, trial: number + 1 });
    const epochTime = exp(0.5 * world.normal());
    running.push({ number, curve, epochTime, epochs: 0, nextAt: now + epochTime });
  };

  for (let worker = 0; worker < workers; worker++) await start(0);
  for (let spent = 1; spent <= budget; spent++) {
    running.sort((a, b) => b.nextAt - a.nextAt || b.number - a.number);
    const trial = running.pop();
    if (trial === undefined) break;
    const value = trial.curve[trial.epochs] ?? NaN;
    trial.epochs += 1;
    const isLast = trial.epochs === trial.curve.length;
    const stops = await proposer.report(trial.number, trial.epochs - 1, value);
    if (isLast) {
      finished += 1;
      smallest = Math.min(smallest, value);
      await proposer.finished(trial.number, value);
    } else if (stops) {
      stopped += 1;
      saved += trial.curve.length - trial.epochs;
      await proposer.stopped(trial.number);
    }
    if (isLast || stops) await start(trial.nextAt);
    else {
      trial.nextAt += trial.epochTime;
      running.push(trial);
    }
    if (checkpoints.includes(spent)) best.push(smallest);
  }
  return { best, finished, stopped, saved };
}
