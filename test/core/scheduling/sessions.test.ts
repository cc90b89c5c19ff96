/** How sessions begin, go over into one another and end; and the processes behind them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { compareSpawns } from '../../../src/core/scheduling/slots.ts';
import { id, LabDriver, only } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';

let driver: LabDriver;

beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 2 });
});

describe('hello', () => {
  it('opens the channel before the welcome, and the first tasks come after it', () => {
    const kinds = driver.hello(SLOT).map((instruction) => instruction.do);
    expect(kinds.indexOf('openTasks')).toBeLessThan(kinds.indexOf('sendWelcome'));
    expect(kinds.indexOf('sendWelcome')).toBeLessThan(kinds.indexOf('sendCohort'));
  });

  it('again, of the same process, goes on with what it holds and loses the rest', () => {
    driver.hello(SLOT);
    const before = driver.slot(SLOT).session;
    const said = driver.hello(SLOT, { holding: [id(0)] });
    expect(only(said, 'sendWelcome')).toMatchObject([{ keep: [id(0)] }]);
    expect(only(said, 'closeTasks')).toMatchObject([{ session: before }]);
    expect(only(said, 'sendGoodbye')).toEqual([]);
    expect(driver.trial(0).attempt).toMatchObject({ id: id(0, 1), state: 'open' });
    expect(driver.trial(1).attempt).toMatchObject({ id: id(1, 2), state: 'open' });
  });

  it('does not keep what another process holds, nor what is recalled', () => {
    driver.hello(SLOT);
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(only(driver.hello(SLOT, { holding: [id(0)] }), 'sendWelcome')).toMatchObject([
      { keep: [] },
    ]);
    driver.send({ type: 'studyResumed', study: 'study' });
    const held = driver.given(SLOT);
    expect(only(driver.hello(SLOT, { spawn: '1.2', holding: held }), 'sendWelcome')).toMatchObject([
      { keep: [] },
    ]);
  });
});

describe('a process of ours', () => {
  beforeEach(() => driver.send({ type: 'slotOffered', slot: SLOT }));

  function exit(): number {
    const [spawned] = only(
      driver.exit(SLOT, {
        signal: 'SIGKILL',
        spawn: driver.slot(SLOT).supervision?.launched ?? '',
      }),
      'spawnWorker',
    );
    return spawned?.afterMs ?? NaN;
  }

  it('is started when its slot is offered, once', () => {
    expect(only(driver.said, 'spawnWorker')).toEqual([
      { do: 'spawnWorker', slot: SLOT, spawn: '1.1', afterMs: 0 },
    ]);
    expect(driver.send({ type: 'slotOffered', slot: SLOT })).toEqual([]);
  });

  it('starts again after 0.5, 1, 2 … 30 s', () => {
    expect(Array.from({ length: 8 }, exit)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('starts again at once when it lived for 10 s, or finished a trial', () => {
    exit();
    exit();
    const spawn = driver.slot(SLOT).supervision?.launched ?? '';
    driver.hello(SLOT, { spawn });
    driver.pass(10_000, [SLOT]);
    expect(exit()).toBe(0);
    exit();
    driver.hello(SLOT, { spawn: driver.slot(SLOT).supervision?.launched ?? '' });
    driver.result(driver.given(SLOT)[0]!);
    expect(exit()).toBe(0);
  });

  it('that is silent is replaced at once, killed a minute later, and told to exit if it wakes', () => {
    driver.hello(SLOT, { spawn: '1.1' });
    const session = driver.slot(SLOT).session ?? '';
    const said = driver.pass(2_000);
    expect(only(said, 'spawnWorker')).toMatchObject([{ spawn: '1.2' }]);
    expect(only(said, 'killWorker')).toEqual([
      { do: 'killWorker', slot: SLOT, spawn: '1.1', afterMs: 60_000 },
    ]);
    expect(driver.beat(SLOT, { session })).toMatchObject([
      { do: 'sendGoodbye', spawn: '1.1', reason: 'replaced' },
    ]);
    expect(only(driver.exit(SLOT, { code: 0, spawn: '1.1' }), 'spawnWorker')).toEqual([]);
  });

  it('that never says hello is killed after 30 s', () => {
    expect(only(driver.pass(29_999), 'killWorker')).toEqual([]);
    expect(only(driver.pass(1), 'killWorker')).toMatchObject([{ spawn: '1.1', afterMs: 0 }]);
  });
});

describe('a drained slot', () => {
  it('gets no more cohorts, says goodbye when the last is settled, and is not started again', () => {
    driver.send({ type: 'slotOffered', slot: SLOT });
    driver.hello(SLOT);
    driver.send({ type: 'slotDrained', slot: SLOT });
    driver.result(id(0));
    expect(driver.slot(SLOT).state).toBe('draining');
    const said = driver.result(id(1));
    expect(only(said, 'sendGoodbye')).toMatchObject([{ reason: 'drained' }]);
    expect(only(driver.exit(SLOT, { code: 0 }), 'spawnWorker')).toEqual([]);
    expect(driver.slot(SLOT).state).toBe('absent');
  });

  it('has its attempts recalled when the grace is over', () => {
    driver.hello(SLOT);
    driver.send({ type: 'slotDrained', slot: SLOT });
    const said = driver.pass(5_000, [SLOT]);
    expect(only(said, 'sendCancel').map(({ reason }) => reason)).toContain('drained');
    expect(driver.trial(0).attempt?.state).toBe('recalled');
  });
});

it.each([
  ['1.9', '1.10', -1],
  ['2.1', '1.99', 1],
  ['1.1', '1.1', 0],
  ['', '0.0', -1],
  ['1', '1.0', -1],
])('process %s comes before %s as numbers, part by part', (a, b, sign) => {
  expect(Math.sign(compareSpawns(a, b))).toBe(sign);
});
