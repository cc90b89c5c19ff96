/**
 * Session of the contract of executors: an executable of a small network after `begin`, and runs
 * over its dataset.
 */
import type {
  Executable,
  Executor,
  LaneMetrics,
  LaneState,
  Pause,
  RunReport,
} from '../../src/training/executors/executor.ts';
import type { Params } from '../../src/training/objective/objective.ts';
import { HyperRows } from '../../src/training/run/hyper.ts';
import type { SmallSubject } from '../support/networks.ts';
import { NEVER, PARAMS } from '../support/training.ts';

export const SEED = 7;
export interface TestLane {
  readonly trial: number;
  readonly params: Params;
}
export const FIRST: TestLane = { trial: 0, params: PARAMS };
export const SECOND: TestLane = { trial: 5, params: { rate: 0.02, momentum: 0.9, dropout: 0.6 } };
export const THIRD: TestLane = { trial: 9, params: { rate: 0.1, momentum: 0, dropout: 0 } };

/** An executable of a small network after `begin`, and runs over its dataset in order. */
export class Session {
  readonly executable: Executable;
  readonly order: Uint32Array;
  readonly perEpoch: number;
  readonly #rows: HyperRows;

  private constructor(
    executable: Executable,
    { network, plan, settings, view }: SmallSubject,
    lanes: readonly TestLane[],
  ) {
    this.executable = executable;
    this.order = Uint32Array.from({ length: view.samples }, (_, i) => i);
    this.perEpoch = Math.ceil(view.samples / plan.batch);
    const params = lanes.map((lane) => lane.params);
    this.#rows = new HyperRows(plan, network, { ...settings, epochs: 2 }, params, this.perEpoch);
  }

  static async open(
    executor: Executor,
    subject: SmallSubject,
    lanes: readonly TestLane[],
  ): Promise<Session> {
    const executable = await executor.compile(subject.plan, lanes.length, NEVER);
    try {
      await executable.loadDataset(subject.view);
      const session = new Session(executable, subject, lanes);
      await session.begin(lanes);
      return session;
    } catch (error) {
      await executable.dispose();
      throw error;
    }
  }

  async begin(lanes: readonly TestLane[]): Promise<void> {
    await this.executable.begin(
      SEED,
      lanes.map(({ trial }) => ({ trial, shared: false })),
    );
  }

  /** @param order order of the epoch; default: the dataset's order */
  async run(
    epoch: number,
    firstStep: number,
    steps: number,
    options: {
      signal?: AbortSignal;
      onChunk?: (done: number) => void;
      order?: Uint32Array;
      pause?: Pause;
    } = {},
  ): Promise<RunReport> {
    const { signal = NEVER, order = this.order, onChunk, pause } = options;
    const hyper = this.#rows.piece(epoch * this.perEpoch + firstStep, steps);
    const rows = this.#rows.rows;
    return this.executable.run({
      epoch,
      firstStep,
      steps,
      order,
      hyper,
      rows,
      signal,
      pause,
      ...(onChunk === undefined ? {} : { onChunk }),
    });
  }

  evaluate(): Promise<(LaneMetrics | null)[]> {
    return this.executable.evaluate(this.order, NEVER);
  }

  state(lane = 0): Promise<LaneState> {
    return this.executable.readWeights(lane);
  }

  async states(): Promise<LaneState[]> {
    const states: LaneState[] = [];
    for (let lane = 0; lane < this.executable.lanes; lane++) states.push(await this.state(lane));
    return states;
  }
}
