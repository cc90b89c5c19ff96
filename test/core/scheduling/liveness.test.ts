/** Tests leases, heartbeats, and stalls of the coordinator. */
import { beforeEach, describe, expect, it } from 'vitest';
import { id, LabDriver, only } from '../../support/lab-driver.ts';

const SLOT = 'far/cpu/0';
const OTHER = 'far/cpu/1';

let driver: LabDriver;

beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 8 });
  driver.hello(SLOT);
});

describe('Scheduler: leases', () => {
  it('end 2 s after the last message of their session, not before', () => {
    driver.pass(1_999);
    expect(driver.slot(SLOT).session).not.toBeNull();
    const said = driver.pass(1);
    expect(only(said, 'sendGoodbye')).toMatchObject([{ slot: SLOT, reason: 'silent' }]);
    expect(only(said, 'closeTasks')).toHaveLength(1);
    expect(driver.slot(SLOT)).toMatchObject({ state: 'absent', session: null });
  });

  it.each([
    ['a beat', () => driver.beat(SLOT)],
    ['a result', () => driver.result(id(0))],
    ['a repeated hello', () => driver.hello(SLOT, { helloNo: driver.slot(SLOT).helloNo })],
  ])('are renewed by %s', (_, speak) => {
    driver.pass(1_500);
    speak();
    driver.pass(1_999);
    expect(driver.slot(SLOT).session).not.toBeNull();
    driver.pass(1);
    expect(driver.slot(SLOT).session).toBeNull();
  });

  it('end only for the silent worker', () => {
    driver.hello(OTHER);
    driver.pass(10_000, [OTHER]);
    expect([driver.slot(SLOT).state, driver.slot(OTHER).state]).toEqual(['absent', 'ready']);
  });

  it('last as long as the worker has announced to be silent, and at most a lease longer', () => {
    driver.beat(SLOT, { quietMs: 12_000 });
    driver.pass(11_999);
    expect(driver.slot(SLOT).session).not.toBeNull();
    driver.pass(2_001);
    expect(driver.slot(SLOT).session).toBeNull();
  });

  it('have their usual length again after the next beat, and in a new session', () => {
    driver.beat(SLOT, { quietMs: 60_000 });
    driver.pass(5_000);
    driver.beat(SLOT);
    driver.pass(2_000);
    expect(driver.slot(SLOT).session).toBeNull();
    driver.hello(SLOT);
    driver.beat(SLOT, { quietMs: 60_000 });
    driver.hello(SLOT);
    driver.pass(2_000);
    expect(driver.slot(SLOT).session).toBeNull();
  });

  it('are extended by 120 s at most', () => {
    driver.beat(SLOT, { quietMs: 1e9 });
    driver.pass(122_000);
    expect(driver.slot(SLOT).session).toBeNull();
  });

  it('of other workers end while one is silent as announced', () => {
    driver.hello(OTHER);
    driver.beat(SLOT, { quietMs: 12_000 });
    driver.pass(2_000);
    expect([driver.slot(SLOT).state, driver.slot(OTHER).state]).toEqual(['ready', 'absent']);
  });

  it('are answered beat by beat', () => {
    expect(driver.beat(SLOT)).toMatchObject([{ do: 'sendHeard', slot: SLOT, n: 1 }]);
  });
});

describe('Scheduler: stalls of the coordinator', () => {
  it('extend all leases by their duration, because silence during a stall does not count', () => {
    const due = driver.wakeAt ?? 0;
    driver.now = due + 60_000;
    driver.send({ type: 'clock' });
    expect(driver.slot(SLOT).session).not.toBeNull();
    driver.pass(1_999 - due);
    expect(driver.slot(SLOT).session).not.toBeNull();
    driver.pass(due + 1);
    expect(driver.slot(SLOT).session).toBeNull();
  });

  it('are ignored up to 500 ms', () => {
    driver.now = 2_500;
    driver.wakeAt = null;
    driver.lab.wake = 2_000;
    driver.send({ type: 'clock' });
    expect(driver.slot(SLOT).session).toBeNull();
  });

  it('do not count as running time', () => {
    const due = driver.wakeAt ?? 0;
    driver.now = due + 60_000;
    driver.send({ type: 'clock' });
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(driver.study().activeMs).toBe(due);
  });
});

describe('Scheduler: attempts missing in a beat', () => {
  it('end the session if they were received', () => {
    const said = driver.beat(SLOT, { holding: [id(0)] });
    expect(only(said, 'sendGoodbye')).toMatchObject([{ reason: 'unheld' }]);
    expect([driver.trial(0).state, driver.trial(1).state]).toEqual(['waiting', 'waiting']);
  });

  it('are waited for, for two beats and 3 s, if they were not received', () => {
    for (let ms = 500; ms < 3_000; ms += 500) {
      driver.pass(500);
      driver.beat(SLOT, { holding: [], taskSeq: 0 });
    }
    expect(driver.slot(SLOT).session).not.toBeNull();
    driver.pass(500);
    expect(only(driver.beat(SLOT, { holding: [], taskSeq: 0 }), 'sendGoodbye')).toMatchObject([
      { reason: 'taskLost' },
    ]);
  });

  it('are waited for when many beats arrive at once after a stall', () => {
    driver.now = 4_000;
    for (let i = 0; i < 8; i++) driver.beat(SLOT, { holding: [], taskSeq: 0 });
    expect(driver.slot(SLOT).session).not.toBeNull();
  });

  it('are waited for after a stall as if it had not been', () => {
    driver.now = (driver.wakeAt ?? 0) + 10_000;
    driver.beat(SLOT, { holding: [], taskSeq: 0 });
    driver.send({ type: 'clock' });
    for (let beat = 0; beat < 2; beat++) {
      driver.pass(300);
      driver.beat(SLOT, { holding: [], taskSeq: 0 });
    }
    expect(driver.slot(SLOT).session).not.toBeNull();
  });

  it('are waited for while nothing can be written, hence nothing sent', () => {
    driver.send({ type: 'storageStalled', error: 'disk full' });
    for (let i = 0; i < 20; i++) {
      driver.pass(500);
      driver.beat(SLOT, { holding: [], taskSeq: 0 });
    }
    expect(driver.slot(SLOT).session).not.toBeNull();
  });
});

describe('Scheduler: unwanted attempts in a beat', () => {
  it.each([
    ['recalled', () => driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 })],
    ['revoked', () => driver.send({ type: 'trialCancelled', study: 'study', number: 0 })],
  ])('are cancelled again: %s', (reason, take) => {
    take();
    expect(only(driver.beat(SLOT), 'sendCancel')).toContainEqual(
      expect.objectContaining({ attempt: id(0), reason }),
    );
  });

  it('are cancelled again if lost or unknown', () => {
    driver.hello(SLOT);
    const lost = id(0, 1);
    const unknown = id(5, 5);
    const said = driver.beat(SLOT, { holding: [...driver.given(SLOT), lost, unknown] });
    expect(only(said, 'sendCancel').map(({ attempt }) => attempt)).toEqual([lost, unknown]);
  });

  it('are left alone if they only wait for their ack', () => {
    driver.result(id(0));
    expect(
      only(driver.beat(SLOT, { holding: [id(0), ...driver.given(SLOT)] }), 'sendCancel'),
    ).toEqual([]);
  });
});
