/**
 * Tests when a slot is quarantined, when it returns, and when the objective is the likely cause.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import type { Instruction } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver, only } from '../../support/lab-driver.ts';

const BAD = 'far/cpu/0';
const GOOD = 'far/cpu/1';

let driver: LabDriver;

/**
 * Ends the slot's first attempt with the outcome. A trial that crashed on the bad slot goes to the
 * good one first.
 */
function end(slot: string, outcome: 'succeeded' | 'crashed', ms = 10): Instruction[] {
  for (
    let i = 0;
    i < 10 && slot === BAD && driver.given(BAD).length === 0 && driver.given(GOOD).length > 0;
    i++
  )
    end(GOOD, 'succeeded');
  const attempt = driver.given(slot)[0];
  if (attempt === undefined) throw new Error(`${slot} has nothing`);
  return driver.result(attempt, { outcome, ms });
}

function quarantine(): Instruction[] {
  for (let i = 0; i < 3; i++) end(GOOD, 'succeeded');
  end(BAD, 'crashed');
  end(BAD, 'crashed');
  for (let i = 0; i < 3; i++) end(GOOD, 'succeeded');
  return end(BAD, 'crashed');
}

beforeEach(() => {
  driver = new LabDriver();
  driver.open();
  driver.create({ trials: 1_000 });
  driver.hello(BAD);
  driver.hello(GOOD);
});

describe('Quarantine: a slot with three quick consecutive failures where others succeed', () => {
  it('is quarantined, and its failures are reported', () => {
    const shown = only(quarantine(), 'showLab');
    expect(shown).toMatchObject([
      { change: { kind: 'slotQuarantined', slot: BAD, untilMs: 60_000 } },
    ]);
    expect(JSON.stringify(shown)).toMatch(
      /trial \d+: crash after 10 ms.*trial \d+: crash.*trial \d+: crash/,
    );
  });

  it('loses its attempts by recall and gets no more', () => {
    const said = quarantine();
    expect(only(said, 'sendCancel')).toMatchObject([{ slot: BAD, reason: 'quarantined' }]);
    driver.result(driver.given(BAD)[0]!, { outcome: 'cancelled' });
    expect(driver.given(BAD)).toEqual([]);
  });

  it('does not count its crashes against open trials', () => {
    quarantine();
    for (const trial of driver.study().open.values()) expect(trial.crashes).toBe(0);
  });

  it('is tested with one trial after a minute and is ready after a success', () => {
    quarantine();
    driver.result(driver.given(BAD)[0]!, { outcome: 'cancelled' });
    driver.pass(60_000, [BAD, GOOD]);
    expect(driver.slot(BAD).state).toBe('probation');
    expect(driver.given(BAD)).toHaveLength(1);
    end(BAD, 'succeeded');
    expect(driver.slot(BAD)).toMatchObject({ state: 'ready', quarantines: 0 });
  });

  it('is quarantined for twice as long when it fails again, up to 15 minutes', () => {
    quarantine();
    driver.result(driver.given(BAD)[0]!, { outcome: 'cancelled' });
    const times: number[] = [];
    for (let i = 0; i < 6; i++) {
      const until = driver.slot(BAD).quarantine?.until ?? NaN;
      times.push(until - driver.now);
      driver.pass(until - driver.now, [BAD, GOOD]);
      end(BAD, 'crashed');
      expect(driver.slot(BAD).state).toBe('quarantined');
    }
    expect(times).toEqual([60_000, 120_000, 240_000, 480_000, 900_000, 900_000]);
  });

  it('can be released by the user', () => {
    quarantine();
    driver.send({ type: 'slotReleased', slot: BAD });
    expect(driver.slot(BAD).state).toBe('probation');
  });

  it('stays quarantined when its process is replaced', () => {
    quarantine();
    driver.hello(BAD, { incarnation: '1.2' });
    expect(driver.slot(BAD).state).toBe('quarantined');
    driver.pass(2_000, [GOOD]);
    expect(driver.slot(BAD).state).toBe('absent');
    driver.hello(BAD, { incarnation: '1.3' });
    expect(driver.slot(BAD).state).toBe('quarantined');
  });
});

describe('Quarantine: slots that are not quarantined', () => {
  it('after two failures', () => {
    for (let i = 0; i < 5; i++) end(GOOD, 'succeeded');
    end(BAD, 'crashed');
    end(BAD, 'crashed');
    expect(driver.slot(BAD).state).toBe('ready');
  });

  it('after failures with a success in between', () => {
    for (let i = 0; i < 5; i++) {
      end(BAD, 'crashed');
      end(BAD, 'crashed');
      end(BAD, 'succeeded');
      end(GOOD, 'succeeded');
    }
    expect(driver.slot(BAD).state).toBe('ready');
  });

  it('after failures that took long', () => {
    for (let i = 0; i < 5; i++) {
      end(BAD, 'crashed', 2_001);
      end(GOOD, 'succeeded');
    }
    expect(driver.slot(BAD).state).toBe('ready');
  });

  it('after failures more than 30 s apart', () => {
    for (let i = 0; i < 5; i++) {
      end(BAD, 'crashed');
      end(GOOD, 'succeeded');
      driver.pass(15_001, [BAD, GOOD]);
    }
    expect(driver.slot(BAD).state).toBe('ready');
  });

  it('where no slot succeeds', () => {
    for (let i = 0; i < 8; i++) {
      end(BAD, 'crashed');
      end(GOOD, 'crashed');
      driver.pass(1_000, [BAD, GOOD]);
    }
    expect([driver.slot(BAD).state, driver.slot(GOOD).state]).toEqual(['ready', 'ready']);
  });

  it('if it is the last one: the objective is then suspected, and the user is told so once', () => {
    for (let i = 0; i < 4; i++) end(GOOD, 'succeeded');
    driver.pass(2_000, [BAD]);
    expect(driver.slot(GOOD).state).toBe('absent');
    for (let i = 0; i < 4; i++) {
      const attempt = driver.given(BAD)[0];
      if (attempt !== undefined) driver.result(attempt, { outcome: 'crashed' });
    }
    driver.lab.successes.push(...[1, 2, 3].map(() => ({ at: driver.now, slot: GOOD })));
    end(BAD, 'crashed');
    end(BAD, 'crashed');
    expect(driver.slot(BAD).state).toBe('ready');
    const suspected = only(driver.said, 'showLab').filter(
      ({ change }) => change.kind === 'objectiveSuspected',
    );
    expect(suspected).toHaveLength(1);
  });
});

it('Quarantine: quarantines a slot when a trial that failed there succeeds elsewhere, without three successes of others', () => {
  for (const number of [0, 1]) driver.result(id(number), { outcome: 'crashed' });
  for (const number of [2, 3]) driver.result(id(number), { outcome: 'crashed' });
  expect([driver.given(BAD), driver.given(GOOD)]).toEqual([
    [id(2, 2), id(3, 2)],
    [id(0, 2), id(1, 2)],
  ]);
  driver.result(id(0, 2));
  expect(driver.slot(BAD).state).toBe('ready');
  driver.result(id(2, 2), { outcome: 'crashed' });
  expect(driver.slot(BAD).state).toBe('quarantined');
});

it('Quarantine: without a usable slot, releases the quarantined one with the least time left', () => {
  quarantine();
  driver.pass(2_000, [BAD]);
  expect(driver.slot(GOOD).state).toBe('absent');
  expect(driver.slot(BAD).state).toBe('probation');
});
