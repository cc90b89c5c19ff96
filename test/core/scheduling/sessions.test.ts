/** Tests how sessions begin, replace one another and end, and the processes behind them. */
import { beforeEach, describe, expect, it } from 'vitest';
import { compareIncarnations } from '../../../src/core/scheduling/slots.ts';
import { id, LabDriver, only } from '../../support/lab-driver.ts';

const SLOT = 'local/cpu/0';

let driver: LabDriver;

beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 2 });
});

describe('Scheduler: hello', () => {
  it('opens the channel before the welcome, followed by the first tasks', () => {
    const kinds = driver.hello(SLOT).map((instruction) => instruction.do);
    expect(kinds.indexOf('openTasks')).toBeLessThan(kinds.indexOf('sendWelcome'));
    expect(kinds.indexOf('sendWelcome')).toBeLessThan(kinds.indexOf('sendCohort'));
  });

  it('of the same process keeps the attempts it holds and loses the others', () => {
    driver.hello(SLOT);
    const before = driver.slot(SLOT).session;
    const said = driver.hello(SLOT, { holding: [id(0)] });
    expect(only(said, 'sendWelcome')).toMatchObject([{ keep: [id(0)] }]);
    expect(only(said, 'closeTasks')).toMatchObject([{ session: before }]);
    expect(only(said, 'sendGoodbye')).toEqual([]);
    expect(driver.trial(0).live[0]).toMatchObject({ id: id(0, 1), state: 'open' });
    expect(driver.trial(1).live[0]).toMatchObject({ id: id(1, 2), state: 'open' });
  });

  it('does not keep attempts of another process, nor recalled ones', () => {
    driver.hello(SLOT);
    driver.send({ type: 'studyPaused', study: 'study', graceMs: 0 });
    expect(only(driver.hello(SLOT, { holding: [id(0)] }), 'sendWelcome')).toMatchObject([
      { keep: [] },
    ]);
    driver.send({ type: 'studyResumed', study: 'study' });
    const held = driver.given(SLOT);
    expect(
      only(driver.hello(SLOT, { incarnation: '1.2', holding: held }), 'sendWelcome'),
    ).toMatchObject([{ keep: [] }]);
  });
});

describe('Scheduler: supervised processes', () => {
  beforeEach(() => driver.send({ type: 'slotOffered', slot: SLOT }));

  function exit(): number {
    const [spawned] = only(
      driver.exit(SLOT, {
        signal: 'SIGKILL',
        incarnation: driver.slot(SLOT).supervision?.launched ?? '',
      }),
      'spawnWorker',
    );
    return spawned?.afterMs ?? NaN;
  }

  it('are started once when their slot is offered', () => {
    expect(only(driver.said, 'spawnWorker')).toEqual([
      { do: 'spawnWorker', slot: SLOT, incarnation: '1.1', afterMs: 0 },
    ]);
    expect(driver.send({ type: 'slotOffered', slot: SLOT })).toEqual([]);
  });

  it('are restarted after 0.5, 1, 2 … 30 s', () => {
    expect(Array.from({ length: 8 }, exit)).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
    ]);
  });

  it('are restarted at once if they lived for 10 s or finished a trial', () => {
    exit();
    exit();
    const incarnation = driver.slot(SLOT).supervision?.launched ?? '';
    driver.hello(SLOT, { incarnation });
    driver.pass(10_000, [SLOT]);
    expect(exit()).toBe(0);
    exit();
    driver.hello(SLOT, { incarnation: driver.slot(SLOT).supervision?.launched ?? '' });
    driver.result(driver.given(SLOT)[0]!);
    expect(exit()).toBe(0);
  });

  it('are replaced at once when silent, killed a minute later, and told to exit if they wake up', () => {
    driver.hello(SLOT, { incarnation: '1.1' });
    const session = driver.slot(SLOT).session ?? '';
    const said = driver.pass(2_000);
    expect(only(said, 'spawnWorker')).toMatchObject([{ incarnation: '1.2' }]);
    expect(only(said, 'killWorker')).toEqual([
      { do: 'killWorker', slot: SLOT, incarnation: '1.1', afterMs: 60_000 },
    ]);
    expect(driver.beat(SLOT, { session })).toMatchObject([
      { do: 'sendGoodbye', incarnation: '1.1', reason: 'replaced' },
    ]);
    expect(only(driver.exit(SLOT, { code: 0, incarnation: '1.1' }), 'spawnWorker')).toEqual([]);
  });

  it('are killed if they do not say hello within 30 s', () => {
    expect(only(driver.pass(29_999), 'killWorker')).toEqual([]);
    expect(only(driver.pass(1), 'killWorker')).toMatchObject([{ incarnation: '1.1', afterMs: 0 }]);
  });
});

describe('Scheduler: drained slots', () => {
  it('get no more cohorts, send goodbye when the last is settled, and are not restarted', () => {
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

  it('have their attempts recalled when the grace period is over', () => {
    driver.hello(SLOT);
    driver.send({ type: 'slotDrained', slot: SLOT });
    const said = driver.pass(5_000, [SLOT]);
    expect(only(said, 'sendCancel').map(({ reason }) => reason)).toContain('drained');
    expect(driver.trial(0).live[0]?.state).toBe('recalled');
  });
});

it.each([
  ['1.9', '1.10', -1],
  ['2.1', '1.99', 1],
  ['1.1', '1.1', 0],
  ['', '0.0', -1],
  ['1', '1.0', -1],
])('Incarnations: %s precedes %s when compared as numbers, part by part', (a, b, sign) => {
  expect(Math.sign(compareIncarnations(a, b))).toBe(sign);
});

it('Scheduler: a hello that arrives after the exit of its process opens none', () => {
  driver.hello('local/cpu/0', { incarnation: '1.1' });
  driver.send({
    type: 'exited',
    slot: 'local/cpu/0',
    incarnation: '1.2',
    code: null,
    signal: 'SIGKILL',
    by: 'itself',
    rssPeakBytes: null,
    overMemory: false,
  });
  const said = driver.hello('local/cpu/0', { incarnation: '1.2' });
  expect(said).toMatchObject([{ do: 'sendGoodbye', incarnation: '1.2', reason: 'replaced' }]);
  expect(driver.lab.slots.get('local/cpu/0')?.incarnation).toBe('1.1');
});
