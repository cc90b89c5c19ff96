/** A coordinator without sockets, files and processes. */
import { systemClock } from '../../src/coordinator/clock.ts';
import { Coordinator } from '../../src/coordinator/coordinator.ts';
import type { CoordinatorParts } from '../../src/coordinator/coordinator.ts';
import type { RefusedPoint } from '../../src/core/search-space/enqueued-problems.ts';
import type { Change, LabChange, Write } from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import type { CohortMessage, TaskMessage, ToWorker } from '../../src/protocol/worker-messages.ts';
import type { StorageError } from '../../src/storage/errors.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import type { Committed, EnqueuedElsewhere, LabStorage } from '../../src/storage/storage.ts';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';

export const spec: StudySpec = {
  name: 'study',
  objective: { kind: 'synthetic', function: 'sphere' },
  direction: 'minimize',
  searchSpace: { x: { type: 'float', low: 0, high: 1 } },
  sampler: { name: 'random' },
  seed: 1,
};
export const limits = { trials: 1, activeMs: null, target: null };
export const peer = { slot: 'local/cpu/0', incarnation: '1.1' };

/** The worker of a test sends no heartbeats, so that by the system's clock no lease may end. */
const PATIENT = { leaseMs: 3_600_000, taskMs: 3_600_000, obeyMs: 3_600_000 };

/** Storage that fails while `failure` is set. */
export class FragileStorage implements LabStorage {
  readonly #real: LabStorage;
  readonly epoch: number;
  readonly lab: LabStorage['lab'];
  failure: StorageError | null = null;
  readonly written: Write[] = [];

  constructor(real: LabStorage) {
    this.#real = real;
    this.epoch = real.epoch;
    this.lab = real.lab;
  }

  commit(steps: readonly (readonly Write[])[]): Committed {
    if (this.failure !== null) throw this.failure;
    this.written.push(...steps.flat());
    return this.#real.commit(steps);
  }

  verify(): void {
    if (this.failure !== null) throw this.failure;
  }

  holds(): boolean {
    return this.failure === null && this.#real.holds();
  }

  enqueuedElsewhere(): readonly EnqueuedElsewhere[] | null {
    if (this.failure !== null) throw this.failure;
    return this.#real.enqueuedElsewhere();
  }

  editRequests(): ReturnType<LabStorage['editRequests']> {
    return this.#real.editRequests();
  }

  refuseEdit(...answer: Parameters<LabStorage['refuseEdit']>): void {
    this.#real.refuseEdit(...answer);
  }

  refuseEnqueued(row: number, reason: string): void {
    this.#real.refuseEnqueued(row, reason);
  }

  close(): void {
    this.#real.close();
  }
}

/** A coordinator over the in-process transport, and one worker that the test controls. */
export class CoordinatorWorld {
  readonly storage: FragileStorage;
  readonly transport = new InProcessCoordinator();
  readonly orders: ToWorker[] = [];
  readonly tasks: TaskMessage[] = [];
  readonly shown: Change[] = [];
  readonly lab: LabChange[] = [];
  readonly refused: RefusedPoint[] = [];
  /** Output of programs that was kept: trial, place and text. */
  readonly output: (readonly [trial: number, from: number, text: string])[] = [];
  finished: string | null = null;
  fatal: Error | null = null;
  coordinator!: Coordinator;
  readonly peer: typeof peer;
  readonly worker: ReturnType<InProcessCoordinator['connect']>;

  constructor(real: LabStorage = memoryLab(), self = peer) {
    this.peer = self;
    this.worker = this.transport.connect(self);
    this.storage = new FragileStorage(real);
    this.worker.onMessage(
      (message) => {
        this.orders.push(message);
        if (message.type === 'welcome') this.worker.joinSession(message.tasksEndpoint);
      },
      (message) => void this.tasks.push(message),
      (error) => {
        throw new Error(error);
      },
    );
  }

  async open({
    clock,
    sampling,
    energyBetween,
  }: Pick<Partial<CoordinatorParts>, 'clock' | 'sampling' | 'energyBetween'> = {}): Promise<void> {
    this.coordinator = await Coordinator.open({
      storage: this.storage,
      transport: this.transport,
      clock: clock ?? systemClock(),
      ...(sampling === undefined ? {} : { sampling }),
      ...(energyBetween === undefined ? {} : { energyBetween }),
      host: { spawn: () => undefined, kill: () => undefined },
      options: { strict: true, ...(clock === undefined ? PATIENT : {}) },
      output: ({ number }, from, bytes) => {
        this.output.push([number, from, Buffer.from(bytes).toString()]);
      },
      listener: {
        show: (_, change) => void this.shown.push(change),
        showLab: (change) => void this.lab.push(change),
        enqueuedRefused: (_, refused) => void this.refused.push(refused),
        finished: (_, reason) => void (this.finished = reason),
        fatal: (error) => void (this.fatal = error),
      },
    });
  }

  hello(helloNo = 1, { device = 'cpu', lanes = 1 } = {}): void {
    this.worker.sendControl({
      type: 'hello',
      v: { low: 1, high: 1 },
      ...this.peer,
      helloNo,
      device,
      lanes,
      memoryBytes: 1,
      holding: [],
    });
  }

  succeed({ session, lanes }: CohortMessage): void {
    for (const { attempt } of lanes) {
      this.worker.sendResult({
        type: 'result',
        session,
        ...this.peer,
        attempt,
        result: { outcome: 'succeeded', value: 0.5, ms: 1, executor: 'wasm' },
      });
    }
  }

  /** Resolves with the first cohort. */
  async cohort(): Promise<CohortMessage> {
    await until(() => this.tasks.some(({ type }) => type === 'cohort'));
    return this.tasks.find((task): task is CohortMessage => task.type === 'cohort')!;
  }
}

/** Waits in turns of the event loop for a condition; the test's time-out is the deadline. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
