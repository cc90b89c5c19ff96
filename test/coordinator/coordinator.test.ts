/**
 * Tests the shell around the scheduler over the in-process transport: what it sends and when, and
 * how it ends.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/coordinator/clock.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { memoryLab } from '../../src/storage/memory.ts';
import { CoordinatorWorld, limits, peer, spec, until } from '../support/coordinator-world.ts';

const worlds: CoordinatorWorld[] = [];
async function world(): Promise<CoordinatorWorld> {
  const made = new CoordinatorWorld();
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
    const here = new CoordinatorWorld(memoryLab(before));
    let turns = 0;
    const count = (): void => {
      turns += 1;
      turn = setImmediate(count);
    };
    let turn = setImmediate(count);
    let now = 0;
    await here.open({ clock: { ...systemClock(), now: () => (now += 1) } });
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

  it('keeps output of the worker that runs the attempt, and of no other', async () => {
    const here = await world();
    here.coordinator.createStudy('uid', spec, limits);
    here.hello();
    const cohort = await here.cohort();
    const { attempt } = cohort.lanes[0]!;
    const send = (text: string, more: object = {}): void =>
      here.worker.sendResult({
        type: 'output',
        session: cohort.session,
        ...peer,
        attempt,
        from: 3,
        bytes: Buffer.from(text).toString('base64'),
        ...more,
      });
    send('of another trial', { attempt: { ...attempt, number: 9 } });
    send('of another attempt', { attempt: { ...attempt, attemptNumber: 2 } });
    send('of an unknown study', { attempt: { ...attempt, study: 'other' } });
    send('é');
    here.succeed(cohort);
    await until(() => here.finished !== null);
    send('after the end');
    await until(() => here.orders.some(({ type }) => type === 'ack'));
    expect(here.output).toEqual([[0, 3, 'é']]);
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
