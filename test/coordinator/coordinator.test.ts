/**
 * The shell around the scheduler, over the in-process transport: what leaves and when, and how it
 * ends.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/coordinator/clock.ts';
import { Coordinator } from '../../src/coordinator/coordinator.ts';
import type { Change, LabChange, Write } from '../../src/core/scheduling/index.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import type { CohortMessage, TaskMessage, ToWorker } from '../../src/protocol/worker-messages.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import type { Committed, LabStorage } from '../../src/storage/storage.ts';
import { InProcessCoordinator } from '../../src/transport/in-process.ts';

const spec: StudySpec = {
  name: 'study',
  objective: { kind: 'synthetic', function: 'sphere' },
  direction: 'minimize',
  searchSpace: { x: { type: 'float', low: 0, high: 1 } },
  sampler: { name: 'random' },
  seed: 1,
};
const limits = { trials: 1, activeMs: null, target: null };
const peer = { slot: 'local/cpu/0', incarnation: '1.1' };

/** Storage that can be told to fail. */
class Fragile implements LabStorage {
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

  close(): void {
    this.#real.close();
  }
}

/** A coordinator and one worker that does as the test says. */
class World {
  readonly storage: Fragile;
  readonly transport = new InProcessCoordinator();
  readonly orders: ToWorker[] = [];
  readonly tasks: TaskMessage[] = [];
  readonly shown: Change[] = [];
  readonly lab: LabChange[] = [];
  finished: string | null = null;
  fatal: Error | null = null;
  coordinator!: Coordinator;
  readonly worker = this.transport.connect(peer);

  constructor(real: LabStorage = memoryLab()) {
    this.storage = new Fragile(real);
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

  async open(clock = systemClock()): Promise<void> {
    this.coordinator = await Coordinator.open({
      storage: this.storage,
      transport: this.transport,
      clock,
      host: { spawn: () => undefined, kill: () => undefined },
      options: { strict: true },
      listener: {
        show: (_, change) => void this.shown.push(change),
        showLab: (change) => void this.lab.push(change),
        finished: (_, reason) => void (this.finished = reason),
        fatal: (error) => void (this.fatal = error),
      },
    });
  }

  hello(helloNo = 1): void {
    this.worker.sendControl({
      type: 'hello',
      v: { low: 1, high: 1 },
      ...peer,
      helloNo,
      device: 'cpu',
      lanes: 1,
      memoryBytes: 1,
      holding: [],
    });
  }

  succeed({ session, lanes }: CohortMessage): void {
    for (const { attempt } of lanes) {
      this.worker.sendResult({
        type: 'result',
        session,
        ...peer,
        attempt,
        result: { outcome: 'succeeded', value: 0.5, ms: 1, executor: 'wasm' },
      });
    }
  }

  /** The first cohort, once it has come. */
  async cohort(): Promise<CohortMessage> {
    await until(() => this.tasks.some(({ type }) => type === 'cohort'));
    return this.tasks.find((task): task is CohortMessage => task.type === 'cohort')!;
  }
}

/** Turns of the event loop until it holds; the test's own time limit is the deadline. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

const worlds: World[] = [];
async function world(): Promise<World> {
  const made = new World();
  await made.open();
  worlds.push(made);
  return made;
}
afterEach(async () => {
  for (const { coordinator } of worlds.splice(0)) await coordinator.close();
});

describe('Coordinator', () => {
  it('reads a lab of many trials in pieces, yielding to the event loop', async () => {
    const before = memoryLab();
    const numbers = Array.from({ length: 20_000 }, (_, number) => number);
    const origin = { operator: 'random', parents: [], generation: 0 };
    before.commit([
      [{ op: 'study', uid: 'uid', spec, limits, limit: 20_000 }],
      numbers.map((number) => ({
        op: 'proposal',
        uid: 'uid',
        number,
        params: Float64Array.of(number / 20_000),
        origin,
        historyLength: 0,
      })),
    ]);
    const here = new World(memoryLab(before));
    let turns = 0;
    const count = (): void => {
      turns += 1;
      turn = setImmediate(count);
    };
    let turn = setImmediate(count);
    let now = 0;
    await here.open({ ...systemClock(), now: () => (now += 1) });
    worlds.push(here);
    clearImmediate(turn);
    expect(turns).toBeGreaterThan(2);
    expect(here.coordinator.lab.studies.get('uid')?.columns.size).toBe(20_000);
  });

  it('runs a study from creation to its end, with every proposal and attempt written before its task leaves', async () => {
    const here = await world();
    here.coordinator.createStudy('uid', spec, limits);
    here.hello();
    const cohort = await here.cohort();
    expect(here.storage.written.map(({ op }) => op)).toEqual(
      expect.arrayContaining(['study', 'proposal', 'attemptStarted']),
    );
    expect(here.tasks.map(({ type }) => type)).toEqual(['study', 'cohort']);
    here.succeed(cohort);
    await until(() => here.finished !== null);
    expect(here.shown.map(({ kind }) => kind)).toContain('trialEnded');
    await until(() => here.orders.some(({ type }) => type === 'ack'));
    expect(here.orders.at(-1)).toEqual({ type: 'ack', attempt: cohort.lanes[0]!.attempt });
  });

  it('sends and shows nothing while storage is stalled, reports it at once, and continues when it works again', async () => {
    const here = await world();
    here.coordinator.createStudy('uid', spec, limits);
    here.hello();
    const cohort = await here.cohort();
    here.storage.failure = new StorageError('disk-full', 'lab.db', 'the disk is full');
    here.succeed(cohort);
    await until(() => here.lab.some(({ kind }) => kind === 'storageStalled'));
    expect(here.orders.some(({ type }) => type === 'ack')).toBe(false);
    expect(here.shown.some(({ kind }) => kind === 'trialEnded')).toBe(false);
    expect(here.finished).toBeNull();
    here.storage.failure = null;
    await until(() => here.finished !== null && here.orders.some(({ type }) => type === 'ack'));
    expect(here.lab.map(({ kind }) => kind)).toContain('storageBack');
  });

  it('stops at once, without another message, when another process has taken over the lab', async () => {
    const here = await world();
    here.hello();
    await until(() => here.orders.some(({ type }) => type === 'welcome'));
    here.storage.failure = new StorageError(
      'fenced',
      'lab.db',
      'another process took over this lab',
    );
    here.coordinator.createStudy('uid', spec, limits);
    await until(() => here.fatal !== null);
    expect(here.fatal?.message).toBe('another process took over this lab');
    expect(here.tasks).toEqual([]);
    expect(here.shown).toEqual([]);
  });

  it("shows a report once it is written, and tells a later session the study's executor", async () => {
    const here = await world();
    here.coordinator.createStudy('uid', spec, { ...limits, trials: 3 });
    here.hello();
    const cohort = await here.cohort();
    const { attempt } = cohort.lanes[0]!;
    here.worker.sendResult({
      type: 'report',
      session: cohort.session,
      ...peer,
      attempt,
      report: { step: 0, value: 0.25 },
    });
    await until(() => here.shown.some(({ kind }) => kind === 'trialReported'));
    expect(here.storage.written).toContainEqual({ op: 'reported', attempt, step: 0, value: 0.25 });
    here.succeed(cohort);
    await until(() => here.shown.some(({ kind }) => kind === 'trialEnded'));
    here.hello(2);
    await until(() => here.tasks.filter(({ type }) => type === 'study').length === 2);
    const studies = here.tasks.flatMap((task) => (task.type === 'study' ? [task.executor] : []));
    expect(studies).toEqual([undefined, 'wasm']);
  });

  it('tells its workers to exit when it closes', async () => {
    const here = await world();
    here.hello();
    await until(() => here.orders.some(({ type }) => type === 'welcome'));
    await here.coordinator.close();
    await until(() => here.orders.some(({ type }) => type === 'goodbye'));
    expect(here.orders.at(-1)).toMatchObject({ type: 'goodbye', reason: 'shutdown' });
  });
});
