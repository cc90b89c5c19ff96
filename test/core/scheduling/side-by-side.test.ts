/** Studies whose trials run side by side on a card, as many as their results say fit. */
import { describe, expect, it } from 'vitest';
import { id, LabDriver, STUDY } from '../../support/lab-driver.ts';

const CARD = 'local/gpu/0/0';

function shared(cards = 1, options: Record<string, unknown> = {}): LabDriver {
  const driver = new LabDriver({
    scheduler: { mostLanes: () => 1, sideBySide: ({ name }) => name === STUDY, ...options },
  });
  driver.open();
  for (let i = 0; i < cards; i++) driver.hello(`local/gpu/${i}/0`, { lanes: 256 });
  return driver;
}

const given = (driver: LabDriver, slot = CARD): number[] =>
  driver.slot(slot).cohorts.flatMap(({ attempts }) => attempts.map((each) => each.id.number));

describe('Side by side: trials of a study on one card', () => {
  it('start one at a time until a result says how many fit', () => {
    const driver = shared();
    driver.create({ trials: 64 });
    expect(given(driver)).toEqual([0]);
    driver.result(id(0), { ms: 60_000, lanesWanted: 1 });
    expect(given(driver)).toEqual([1]);
    driver.result(id(1), { ms: 60_000, lanesWanted: 3 });
    expect(given(driver)).toEqual([2, 3, 4]);
    // Whichever ends first makes room for the next, of which none is proposed before.
    driver.result(id(3), { ms: 60_000, lanesWanted: 3 });
    expect(given(driver)).toEqual([2, 4, 5]);
    expect(driver.study().columns.size).toBe(6);
  });

  it('become fewer with a later result, and never more than eight', () => {
    const driver = shared();
    driver.create({ trials: 64 });
    driver.result(id(0), { ms: 60_000, lanesWanted: 40 });
    expect(given(driver)).toHaveLength(8);
    driver.result(id(1), { ms: 60_000, lanesWanted: 2 });
    expect(given(driver)).toHaveLength(7);
    for (let i = 2; i < 7; i++) driver.result(id(i), { ms: 60_000, lanesWanted: 2 });
    expect(given(driver)).toEqual([7, 8]);
  });

  it('leave other studies on the card in turn', () => {
    const driver = shared();
    driver.create({ trials: 9 }, 'other');
    expect(driver.slot(CARD).cohorts.length).toBeLessThanOrEqual(2);
  });

  it('start again elsewhere, without charge, after memory ran out beside others', () => {
    const driver = shared(2);
    driver.create({ trials: 8 });
    const slot = given(driver).includes(0) ? CARD : 'local/gpu/1/0';
    driver.result(id(0), { outcome: 'outOfMemory', byNeighbour: true, error: 'memory' });
    expect(driver.trial(0)).toMatchObject({ state: 'waiting', crashes: 0, memoryFailures: 1 });
    expect(driver.slot(slot).state).toBe('ready');
    driver.pass(6_000, [CARD, 'local/gpu/1/0']);
    driver.result(id(1), { ms: 60_000, lanesWanted: 1 });
    expect(driver.trial(0)).toMatchObject({ state: 'running' });
    expect(given(driver, slot)).not.toContain(0);
  });

  it('keep to the cores that they state', () => {
    const driver = shared(1, {
      demandOf: () => ({ cores: 4, memoryBytes: 0 }),
      offerOf: () => ({ cores: 9, memoryBytes: 1e9 }),
    });
    driver.create({ trials: 64 });
    driver.result(id(0), { ms: 60_000, lanesWanted: 6 });
    expect(given(driver)).toEqual([1, 2]);
  });
});

describe('Memory of programs: an attempt alone', () => {
  it('is repeated once and then fails its trial, and the sampler sees it as failed', () => {
    const driver = shared();
    driver.create({ trials: 1 });
    driver.result(id(0), { outcome: 'outOfMemory', error: 'memory' });
    expect(driver.trial(0).state).toBe('running');
    driver.result(id(0, 2), { outcome: 'outOfMemory', error: 'memory' });
    const { columns, state } = driver.study();
    expect(state).toBe('finished');
    expect(columns.asynchronousView(columns.ended)).toMatchObject({ size: 1 });
    expect(columns.hasEnded(0)).toBe(true);
  });
});
