/**
 * Tests the number of trials that a slot trains together, and how waiting trials are shared among
 * devices.
 */
import { describe, expect, it } from 'vitest';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import { id, LabDriver, only } from '../../support/lab-driver.ts';
import type { DriverOptions } from '../../support/lab-driver.ts';

const CARD = 'local/gpu/0/0';
const CORE = 'local/cpu/0';
const OTHER = 'local/cpu/1';

function begin(limits: { trials?: number }, options: DriverOptions = {}): LabDriver {
  const driver = new LabDriver(options);
  driver.open();
  driver.create(limits);
  return driver;
}

/** Sizes of the slot's outstanding cohorts. */
function sizes(driver: LabDriver, slot: string): number[] {
  return driver.slot(slot).cohorts.map(({ attempts }) => attempts.length);
}

/** Ends the slot's first cohort with equal results. */
function finish(driver: LabDriver, slot: string, ms: number, lanesWanted?: number): void {
  const numbers = driver.slot(slot).cohorts[0]!.attempts.map(({ id: { number } }) => number);
  for (const number of numbers)
    driver.result(id(number), { ms, ...(lanesWanted === undefined ? {} : { lanesWanted }) });
}

describe('Packing: lanes of a cohort', () => {
  it.each([
    { trials: 64, lanes: 8 },
    { trials: 400, lanes: 50 },
    { trials: 10_000, lanes: 256 },
  ])(
    'are at most an eighth of $trials trials, but not fewer than eight: $lanes',
    ({ trials, lanes }) => {
      const driver = begin({ trials });
      driver.hello(CARD, { lanes: 256 });
      expect(sizes(driver, CARD)).toEqual([lanes]);
    },
  );

  it('grow with the trials that have ended where there is no budget', () => {
    const driver = begin({});
    driver.hello(CARD, { lanes: 256 });
    const grown: number[] = [];
    while (driver.study().columns.ended < 160) {
      grown.push(...sizes(driver, CARD));
      finish(driver, CARD, 1_000);
    }
    expect(grown.slice(0, 8)).toEqual([8, 8, 8, 8, 8, 8, 8, 8]);
    expect(sizes(driver, CARD)[0]).toBeGreaterThanOrEqual(18);
  });

  it('are all of them where results are wanted soon, or where no proposal depends on a result', () => {
    const soon = new LabDriver();
    soon.open();
    soon.create({ trials: 64 }, 'study', { packing: 'sooner' });
    soon.hello(CARD, { lanes: 256 });
    expect(sizes(soon, CARD)).toEqual([64]);
    const grid = begin({ trials: 64 }, { sampler: { synchronous: true, generation: 0 } });
    grid.hello(CARD, { lanes: 256 });
    expect(sizes(grid, CARD)).toEqual([64]);
  });

  it('are no more than the worker has measured to fill its card for this study', () => {
    const driver = begin({ trials: 10_000 });
    driver.hello(CARD, { lanes: 256 });
    finish(driver, CARD, 1_000, 16);
    expect(sizes(driver, CARD)).toEqual([16]);
  });
});

describe('Packing: queueing behind a running cohort', () => {
  it.each([
    { ms: 99, queued: 2 },
    { ms: 101, queued: 1 },
  ])('of many lanes happens below 100 ms: $queued cohorts of $ms ms', ({ ms, queued }) => {
    const driver = begin({ trials: 10_000 });
    driver.hello(CARD, { lanes: 256 });
    expect(sizes(driver, CARD)).toHaveLength(1);
    finish(driver, CARD, ms);
    expect(sizes(driver, CARD)).toHaveLength(queued);
  });

  it('depends on the device’s own cohorts: a core’s long ones beside a card’s short ones', () => {
    const driver = begin({ trials: 1_000_000 });
    driver.hello(CORE);
    driver.hello(CARD, { lanes: 256 });
    for (let i = 0; i < 5; i++) finish(driver, CARD, 50);
    for (let i = 0; i < 3; i++) driver.result(driver.given(CORE)[0]!, { ms: 5_000 });
    expect([sizes(driver, CORE), sizes(driver, CARD).length]).toEqual([[1], 2]);
  });
});

describe('Packing: shares of the waiting trials', () => {
  const generation = { sampler: { synchronous: true, generation: 30 } };

  it('are in proportion to the lanes while no speed is known', () => {
    const driver = begin({ trials: 300 }, generation);
    driver.hello(CORE, { lanes: 2 });
    driver.hello(CARD, { lanes: 28 });
    for (const { number } of driver.given(CORE)) driver.result(id(number), { outcome: 'crashed' });
    expect(sizes(driver, CARD)[0]).toBeGreaterThanOrEqual(26);
  });

  it('are in proportion to measured trials per second, and fill what others have no room for', () => {
    const driver = new LabDriver(generation);
    driver.open();
    driver.hello(CARD, { lanes: 30 });
    driver.hello(CORE, { lanes: 30 });
    driver.hello(OTHER, { lanes: 1 });
    driver.create({ trials: 300 });
    // The first generation measures: the GPU evaluates 8 trials in the time of 1 on a core.
    while (driver.study().frontier < 30) {
      for (const slot of [CARD, CORE, OTHER])
        if (driver.slot(slot).cohorts.length > 0 && driver.study().frontier < 30)
          finish(driver, slot, (slot === CARD ? 1_000 : 8_000) * sizes(driver, slot)[0]!);
    }
    const [card, core, other] = [CARD, CORE, OTHER].map((slot) => sizes(driver, slot)[0] ?? 0);
    expect(card! + core! + other!).toBe(30);
    expect(other).toBe(1);
    expect(card).toBeGreaterThanOrEqual(24);
    expect(core).toBeGreaterThanOrEqual(3);
  });
});

describe('Packing: devices that cannot evaluate a study', () => {
  const coresOnly: DriverOptions = { scheduler: { runsOn: (_, kind) => kind === 'cpu' } };

  it('get none of its trials, none is proposed for them, and the reason is known', () => {
    const driver = begin({ trials: 100 }, coresOnly);
    driver.hello(CARD, { lanes: 256 });
    expect(driver.study().columns.size).toBe(0);
    driver.hello(CORE);
    expect(sizes(driver, CARD)).toEqual([]);
    expect(sizes(driver, CORE)).toEqual([1, 1]);
    expect(idleReason(driver.lab, CARD)).toEqual({ reason: 'unfit', study: 'study' });
  });

  it('are not waited for by a trial that crashed on the only one that can', () => {
    const driver = begin({ trials: 1 }, coresOnly);
    driver.hello(CARD, { lanes: 256 });
    driver.hello(CORE);
    driver.result(driver.given(CORE)[0]!, { outcome: 'crashed', ms: 10 });
    expect(driver.given(CORE)).toEqual([id(0, 2)]);
  });
});

describe('Packing: devices that a study does not select', () => {
  const SECOND = 'local/gpu/1/0';

  function select(devices: readonly string[]): LabDriver {
    const driver = new LabDriver();
    driver.open();
    driver.create({ trials: 100 }, 'study', { devices });
    for (const slot of [CARD, SECOND]) driver.hello(slot, { lanes: 256 });
    driver.hello(CORE);
    return driver;
  }

  it.each([
    { devices: ['cpu'], used: [CORE] },
    { devices: ['gpu/1'], used: [SECOND] },
    { devices: ['gpu'], used: [CARD, SECOND] },
    { devices: ['cpu', 'gpu/0'], used: [CARD, CORE] },
  ])('get none of its trials, and the reason is known: $devices', ({ devices, used }) => {
    const driver = select(devices);
    for (const slot of [CARD, SECOND, CORE]) {
      expect(sizes(driver, slot).length > 0).toBe(used.includes(slot));
      expect(idleReason(driver.lab, slot)).toEqual(
        used.includes(slot) ? null : { reason: 'notSelected', study: 'study' },
      );
    }
  });

  it('have no trials proposed for them', () => {
    const driver = new LabDriver();
    driver.open();
    driver.create({ trials: 100 }, 'study', { devices: ['cpu'] });
    driver.hello(CARD, { lanes: 256 });
    expect(driver.study().columns.size).toBe(0);
  });

  it('serve other studies', () => {
    const driver = select(['cpu']);
    driver.create({ trials: 100 }, 'other');
    expect(sizes(driver, CARD)[0]).toBeGreaterThan(0);
  });
});

describe('Packing: the end of a study', () => {
  /**
   * A core that takes 10 s for a trial beside a GPU that takes 1 s; both are idle, 4 trials are
   * left.
   */
  function atTheEnd(): LabDriver {
    const driver = begin({ trials: 4 }, { sampler: { synchronous: false, generation: 0 } });
    driver.hello(CORE);
    driver.hello(CARD);
    driver.result(driver.given(CORE)[0]!, { ms: 10_000 });
    driver.result(driver.given(CARD)[0]!, { ms: 1_000 });
    while (driver.study().columns.ended < 4)
      driver.result(driver.given(CARD)[0] ?? driver.given(CORE)[0]!, { ms: 1_000 });
    driver.send({
      type: 'studyEdited',
      study: 'study',
      limits: { trials: 8, activeMs: null, target: null },
    });
    return driver;
  }

  it('leaves to the card what it finishes before a core would finish one trial', () => {
    const driver = atTheEnd();
    expect(sizes(driver, CARD)).toEqual([1]);
    expect(sizes(driver, CORE)).toEqual([]);
    expect(idleReason(driver.lab, CORE)).toEqual({
      reason: 'leftToFaster',
      study: 'study',
      slots: [CARD],
    });
    // Nothing is proposed early for the core that waits.
    expect(driver.study().columns.size).toBe(5);
  });

  it('gives the core the trial once the card has gone', () => {
    const driver = atTheEnd();
    driver.send({
      type: 'leaving',
      slot: CARD,
      incarnation: '1.1',
      session: driver.slot(CARD).session!,
      reason: 'shutdown',
    });
    expect(sizes(driver, CORE)[0]).toBe(1);
  });

  it('gives the core a trial that crashed on the card', () => {
    const driver = atTheEnd();
    const [attempt] = driver.given(CARD);
    driver.result(attempt!, { outcome: 'crashed', ms: 10 });
    expect(driver.given(CORE).map(({ number }) => number)).toEqual([attempt!.number]);
  });

  it('gives the core a trial once the card is so late that it could not finish the rest in time', () => {
    const driver = atTheEnd();
    // Three trials are left. A core 6 s late is expected to be free in 6 s, which leaves 4 s.
    driver.pass(7_000, [CARD, CORE]);
    expect(sizes(driver, CORE)).toEqual([]);
    driver.pass(2_000, [CARD, CORE]);
    expect(sizes(driver, CORE)).toEqual([1]);
  });
});

it('Packing: a card of 256 lanes is asked for no more trials than it takes', () => {
  const driver = begin({ trials: 800 });
  const asks = only(driver.hello(CARD, { lanes: 256 }), 'askSampler');
  expect(asks.map(({ count }) => count)).toEqual([100]);
});
