/**
 * A search with early stopping on a virtual clock: W workers train epoch by epoch, each trial at a
 * speed of its own, until a number of epochs is spent.
 */
import { exp } from '../src/core/elementary.ts';
import { PURPOSE, Stream } from '../src/core/random.ts';
import type { EncodedParams } from '../src/core/search-space/distribution.ts';

export type Verdict = 'goes on' | 'stops' | 'pauses';

export interface PrunedProposer {
  readonly propose: () => EncodedParams | Promise<EncodedParams>;
  /** Returns what happens to the trial; asked after every epoch. After the last one it ends. */
  readonly report: (number: number, step: number, value: number) => Verdict | Promise<Verdict>;
  /** Returns the paused trial that a free worker goes on with; null: it starts another. */
  readonly promoted?: () => number | null;
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
  /** Trials that were stopped, or are paused at the end. */
  readonly stopped: number;
  /** Epochs that these were not trained. */
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
  const paused = new Map<number, Trial>();
  let [proposed, finished, stopped, saved, smallest] = [0, 0, 0, 0, Infinity];

  const start = async (now: number): Promise<void> => {
    const number = proposed;
    proposed += 1;
    const curve = await curveOf(await proposer.propose());
    const world = new Stream(seed, { purpose: PURPOSE.simulation, trial: number + 1 });
    const epochTime = exp(0.5 * world.normal());
    running.push({ number, curve, epochTime, epochs: 0, nextAt: now + epochTime });
  };
  const next = async (now: number): Promise<void> => {
    const number = proposer.promoted?.() ?? null;
    const trial = number === null ? undefined : paused.get(number);
    if (trial === undefined) return start(now);
    paused.delete(trial.number);
    trial.nextAt = now + trial.epochTime;
    running.push(trial);
  };

  for (let worker = 0; worker < workers; worker++) await start(0);
  for (let spent = 1; spent <= budget; spent++) {
    running.sort((a, b) => b.nextAt - a.nextAt || b.number - a.number);
    const trial = running.pop();
    if (trial === undefined) break;
    const value = trial.curve[trial.epochs] ?? NaN;
    trial.epochs += 1;
    const isLast = trial.epochs === trial.curve.length;
    const verdict = await proposer.report(trial.number, trial.epochs - 1, value);
    if (isLast) {
      finished += 1;
      smallest = Math.min(smallest, value);
      await proposer.finished(trial.number, value);
    } else if (verdict === 'stops') {
      stopped += 1;
      saved += trial.curve.length - trial.epochs;
      await proposer.stopped(trial.number);
    } else if (verdict === 'pauses') paused.set(trial.number, trial);
    if (isLast || verdict !== 'goes on') await next(trial.nextAt);
    else {
      trial.nextAt += trial.epochTime;
      running.push(trial);
    }
    if (checkpoints.includes(spent)) best.push(smallest);
  }
  for (const { curve, epochs } of paused.values()) {
    stopped += 1;
    saved += curve.length - epochs;
  }
  return { best, finished, stopped, saved };
}
