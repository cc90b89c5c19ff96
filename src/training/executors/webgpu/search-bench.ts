/** Measures forms and kernels of a plan on a card, for the search. */
import { at } from '../../../core/at.ts';
import { agree } from '../../calibration/agreement.ts';
import { measure } from '../../calibration/measure.ts';
import type { Plan } from '../../plan/plan.ts';
import { TrainingError } from '../../training-error.ts';
import { Buffers } from './buffers.ts';
import type { Executor } from '../executor.ts';
import type { CardMemory } from './card-memory.ts';
import { ChunkRunner } from './chunk-runner.ts';
import type { Card } from './device.ts';
import { WebgpuExecutable } from './executable.ts';
import { buildProgram, type Dispatch, type Lowered } from './program.ts';
import type { Bench, Kernels } from './search.ts';
import { laneBytesOf, sizesOf, totalBytes } from './sizes.ts';

/** Lanes of a cohort that a card usually gets. */
const LANES = 64;
/** Share of the card's memory that a measurement may fill. */
const MEMORY_SHARE = 0.5;
/** Runs of a kernel that are timed together, and how often. */
const RUNS = 20;
const TIMES = 3;

export class CardBench implements Bench {
  readonly lanes: number;
  readonly #card: Card;
  readonly #plan: Plan;
  readonly #memory: CardMemory;
  readonly #now: () => number;
  #buffers: Promise<Buffers> | undefined;
  #giveBack: () => void = () => undefined;

  /** @param lowered the plan in form B, for its size */
  constructor(
    card: Card,
    lowered: Lowered,
    memory: CardMemory,
    { most = LANES, now }: { readonly most?: number | undefined; readonly now: () => number },
  ) {
    const { plan, places } = lowered;
    const room =
      memory.bytes === null ? most : (MEMORY_SHARE * memory.bytes) / laneBytesOf(plan, places);
    this.lanes = Math.max(1, Math.min(most, Math.floor(room)));
    this.#card = card;
    this.#plan = plan;
    this.#memory = memory;
    this.#now = now;
  }

  train(lowered: Lowered, budgetMs: number): Promise<number> {
    const compile = (plan: Plan, lanes: number): Promise<WebgpuExecutable> =>
      this.#compile(lowered, plan, lanes);
    return speed(async () => {
      const options = { budgetMs, now: this.#now };
      return (await measure({ compile }, this.#plan, this.lanes, options)).samplesPerSecond;
    });
  }

  async agree(one: Lowered, other: Lowered): Promise<boolean> {
    const executor = (lowered: Lowered): Pick<Executor, 'compile'> => ({
      compile: (plan, lanes) => this.#compile(lowered, plan, lanes),
    });
    const agreeing = async (): Promise<number> =>
      Number(await agree(executor(one), executor(other), this.#plan));
    return (await speed(agreeing)) === 1;
  }

  /** Compiles all candidates at once, since a driver compiles side by side, and then times each. */
  async run(candidates: readonly Kernels[]): Promise<readonly number[]> {
    const times = await Promise.all(
      candidates.map((candidate) =>
        this.#prepare(candidate).catch((error: unknown) => failed(error)),
      ),
    );
    const speeds: number[] = [];
    for (const time of times) speeds.push(await speed(time));
    return speeds;
  }

  /** @returns times the kernels, in runs per second */
  async #prepare({ lowered, kernels }: Kernels): Promise<() => Promise<number>> {
    const parts = { ...lowered, train: kernels, evaluate: [] };
    const program = await buildProgram(this.#card, parts);
    return async () => {
      const buffers = await (this.#buffers ??= this.#allocate(lowered, program.layout));
      return this.#time(program.train, buffers);
    };
  }

  async #time(kernels: readonly Dispatch[], buffers: Buffers): Promise<number> {
    const step = { n: this.#plan.batch, first: 0, step: 0, epoch: 0, row: 0 };
    const lanes = Array.from({ length: this.lanes }, (_, lane) => lane);
    const runner = new ChunkRunner(this.#card);
    const chunk = {
      kernels,
      together: 1,
      steps: Array.from({ length: RUNS }, () => step),
      last: null,
      key: { low: 0, high: 0 },
      trials: lanes,
      live: lanes,
      apart: 0,
    };
    const times: number[] = [];
    for (let k = 0; k <= TIMES; k++) {
      const began = this.#now();
      await runner.run(chunk, buffers);
      times.push(this.#now() - began);
    }
    // The first is a warm-up.
    const sorted = times.slice(1).sort((a, b) => a - b);
    return (1000 * RUNS) / Math.max(at(sorted, Math.floor(TIMES / 2)), 0.001);
  }

  async #compile(lowered: Lowered, plan: Plan, lanes: number): Promise<WebgpuExecutable> {
    const program = await buildProgram(this.#card, lowered);
    const memory = { sharedBytes: 0, laneBytes: 0, codeBytes: 0, form: lowered.form };
    return new WebgpuExecutable(this.#card, program, plan, lanes, memory, this.#memory);
  }

  async dispose(): Promise<void> {
    const buffers = await this.#buffers?.catch(() => undefined);
    buffers?.destroy();
    this.#giveBack();
  }

  async #allocate({ places }: Lowered, layout: GPUBindGroupLayout): Promise<Buffers> {
    const { shape, type: sampleType } = this.#plan.input;
    const dataset = { samples: this.#plan.batch, shape, classes: 1, sampleType };
    const room = { bindingBytes: this.#card.limits.bindingBytes, memoryBytes: this.#memory.bytes };
    const sizes = sizesOf(this.#plan, places, this.lanes, dataset, room);
    this.#giveBack = this.#memory.take(totalBytes(sizes));
    return Buffers.allocate(this.#card, layout, sizes);
  }
}

/** 0 where the card cannot run something; the loss of the card ends the search. */
async function speed(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    return failed(error)();
  }
}

/** A measurement of what cannot run. */
function failed(error: unknown): () => Promise<number> {
  if (error instanceof TrainingError && !['device-lost', 'timed-out'].includes(error.kind))
    return () => Promise.resolve(0);
  throw error;
}
