import { describe, expect, it } from 'vitest';
import { idleReason } from '../../../src/core/scheduling/idle.ts';
import type { LabOptions } from '../../../src/core/scheduling/index.ts';
import { id, LabDriver, only, writes } from '../../support/lab-driver.ts';

const [A, B] = ['na/cpu/0', 'nb/cpu/0'] as const;
const BOTH = ['na', 'nb'];

function two(
  options: { trials?: number; synchronous?: boolean; scheduler?: Partial<LabOptions> } = {},
): LabDriver {
  const { trials = 9, synchronous = true, scheduler = {} } = options;
  const driver = new LabDriver({
    scheduler: { queueBelowMs: 0, ...scheduler },
    sampler: { synchronous, generation: 0 },
  });
  driver.open();
  driver.join('na', 1);
  driver.join('nb', 1);
  driver.create({ trials });
  driver.hello(A);
  driver.hello(B);
  return driver;
}

function setMode(
  driver: LabDriver,
  mode: 'open' | 'paused' | 'draining',
  by: 'user' | 'owner' = 'user',
  graceMs = 5_000,
) {
  return driver.send({ type: 'nodeMode', node: 'na', mode, graceMs, by });
}

describe('Scheduler: modes of a node', () => {
  it('give a paused node no cohorts and recall what runs after the grace', () => {
    const driver = two();
    setMode(driver, 'paused');
    driver.passPulsing(4_500, BOTH);
    expect(driver.trial(0).live[0]?.state).toBe('open');
    const said = driver.passPulsing(1_000, BOTH);
    expect(only(said, 'sendCancel')).toMatchObject([{ attempt: id(0) }]);
    driver.result(id(0), { outcome: 'cancelled' });
    expect(idleReason(driver.lab, A)).toEqual({
      reason: 'nodeMode',
      node: 'na',
      mode: 'paused',
      by: 'user',
    });
    expect(only(setMode(driver, 'open'), 'sendCohort')).toMatchObject([{ slot: A }]);
  });

  it('recall at once where the owner gives no grace', () => {
    const driver = two();
    expect(only(setMode(driver, 'paused', 'owner', 0), 'sendCancel')).toHaveLength(1);
  });

  it('follow the stricter of user and owner', () => {
    const driver = two();
    setMode(driver, 'paused', 'owner');
    setMode(driver, 'draining', 'user');
    expect(driver.node('na')).toMatchObject({ mode: 'draining', modeBy: 'user' });
    setMode(driver, 'open', 'user');
    expect(driver.node('na')).toMatchObject({ mode: 'paused', modeBy: 'owner' });
    setMode(driver, 'open', 'owner');
    expect(driver.node('na').mode).toBe('open');
  });

  it('end the sessions of a draining node once nothing is outstanding, with a goodbye', () => {
    const driver = two();
    setMode(driver, 'draining');
    expect(driver.slot(A).session).not.toBeNull();
    const said = driver.result(id(0));
    expect(only(said, 'sendGoodbye')).toMatchObject([{ slot: A, reason: 'drained' }]);
    expect(only(said, 'sendNode')).toMatchObject([
      { message: { type: 'goodbye', reason: 'drained' } },
    ]);
    expect(only(said, 'spawnWorker')).toEqual([]);
    expect(driver.node('na').mode).toBe('drained');
  });

  it('start the workers of a drained node again when it is resumed', () => {
    const driver = two();
    setMode(driver, 'draining');
    driver.result(id(0));
    expect(only(setMode(driver, 'open'), 'spawnWorker')).toMatchObject([{ slot: A }]);
  });

  it('do not wait for a node that is away at the end of the grace', () => {
    const driver = two();
    driver.passPulsing(2_500, ['nb']);
    setMode(driver, 'draining', 'user', 1_000);
    driver.passPulsing(1_500, ['nb']);
    expect(driver.node('na').mode).toBe('drained');
    expect(driver.slot(A).session).toBeNull();
  });

  it('refuse a command about a node that is not in the lab', () => {
    const driver = two();
    const said = driver.send({
      type: 'nodeMode',
      node: 'nx',
      mode: 'paused',
      graceMs: 0,
      by: 'user',
    });
    expect(only(said, 'showLab')).toMatchObject([
      { change: { kind: 'commandRefused', reason: 'unknown-node', detail: 'nx' } },
    ]);
  });
});

describe('Scheduler: which nodes may serve a study', () => {
  const content = 'c'.repeat(64);

  it('gives no trials to a node without the dataset, until it has it', () => {
    const driver = two({ scheduler: { contentOf: () => content } });
    expect(driver.tasks).toEqual([]);
    expect(idleReason(driver.lab, A)).toMatchObject({ reason: 'lacksContent', content });
    const said = driver.send({ type: 'nodeHas', node: 'na', content, has: true });
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: A }]);
  });

  it('gives trials of a synchronous study to nodes with the arithmetic of its results only', () => {
    const driver = two();
    driver.result(id(0), { executor: 'wasm' });
    driver.join('nb', 1, { boot: 2, arithmetic: { wasm: 2 } });
    driver.hello(B, { incarnation: driver.slot(B).supervision?.launched ?? '' });
    expect(idleReason(driver.lab, B)).toMatchObject({
      reason: 'otherArithmetic',
      executor: 'wasm',
    });
  });

  it('gives trials of an asynchronous study to any node', () => {
    const driver = two({ synchronous: false });
    driver.join('nb', 1, { boot: 2, arithmetic: { wasm: 2 } });
    driver.hello(B, { incarnation: driver.slot(B).supervision?.launched ?? '' });
    expect(idleReason(driver.lab, B)).toBeNull();
  });

  it('keeps a synchronous study to one model of GPU', () => {
    const driver = two({ trials: 9 });
    driver.join('nc', 1, { device: 'gpu/0', model: 'L4' });
    driver.join('nd', 1, { device: 'gpu/0', model: 'T4' });
    driver.hello('nc/gpu/0/0');
    driver.hello('nd/gpu/0/0');
    expect(driver.slot('nc/gpu/0/0').cohorts).toHaveLength(1);
    expect(idleReason(driver.lab, 'nd/gpu/0/0')).toMatchObject({
      reason: 'otherModel',
      model: 'L4',
    });
  });
});

describe('Scheduler: credits of a node', () => {
  it('cover the round trip to a node whose trials are short', () => {
    const driver = two({ trials: 99, scheduler: { queueBelowMs: 1_000 } });
    driver.pulse('na', { rttMs: 45 });
    driver.result(id(0), { ms: 10 });
    expect(driver.slot(A).cohorts).toHaveLength(6);
    expect(driver.slot(B).cohorts).toHaveLength(2);
  });

  it('are at most 8', () => {
    const driver = two({ trials: 99, scheduler: { queueBelowMs: 1_000 } });
    driver.pulse('na', { rttMs: 4_000 });
    driver.result(id(0), { ms: 10 });
    expect(driver.slot(A).cohorts).toHaveLength(8);
  });
});

describe('Scheduler: order of slots', () => {
  it('prefers, among idle slots, those on which attempts take the least time', () => {
    const driver = two({ trials: 3 });
    driver.result(id(0), { ms: 9_000 });
    driver.result(id(2), { ms: 9_000 });
    driver.result(id(1), { ms: 1_000 });
    expect(driver.study().state).toBe('finished');
    const said = driver.send({
      type: 'studyEdited',
      study: 'study',
      limits: { trials: 4, activeMs: null, target: null },
    });
    expect(only(said, 'sendCohort')).toMatchObject([{ slot: B }]);
  });
});

describe('Scheduler: quarantine of a node', () => {
  /** A node of three workers of which two fail quickly while another node succeeds. */
  function failing(): LabDriver {
    const driver = new LabDriver({ scheduler: { queueBelowMs: 0 } });
    driver.open();
    driver.join('na', 3);
    driver.join('nb', 1);
    driver.create({ trials: 100 });
    for (const slot of ['na/cpu/0', 'na/cpu/1', 'na/cpu/2', B]) driver.hello(slot);
    for (let i = 0; i < 6; i++) {
      for (const slot of ['na/cpu/0', 'na/cpu/1']) crash(driver, slot);
      for (const each of driver.given(B)) driver.result(each, { ms: 5_000 });
    }
    return driver;
  }

  function crash(driver: LabDriver, slot: string): void {
    for (const each of driver.given(slot)) driver.result(each, { outcome: 'crashed', ms: 5 });
  }

  it('keeps all its slots from work when more than half of them are quarantined', () => {
    const driver = failing();
    expect(driver.node('na').quarantine).not.toBeNull();
    expect(driver.slot('na/cpu/2').state).toBe('quarantined');
    for (const each of driver.given('na/cpu/2')) driver.result(each, { outcome: 'cancelled' });
    expect(idleReason(driver.lab, 'na/cpu/2')).toMatchObject({ reason: 'nodeQuarantined' });
  });

  it('ends when one trial on one slot succeeds, for all slots', () => {
    const driver = failing();
    driver.passPulsing(60_500, BOTH);
    const probing = [...driver.node('na').slots].filter(({ state }) => state === 'probation');
    expect(probing).toHaveLength(1);
    for (const each of driver.given('na/cpu/2')) driver.result(each, { outcome: 'cancelled' });
    driver.result(driver.given(probing[0]?.name ?? '')[0] ?? id(0));
    expect(driver.node('na').quarantine).toBeNull();
    expect([...driver.node('na').slots].map(({ state }) => state)).toEqual([
      'ready',
      'ready',
      'ready',
    ]);
  });

  it('lasts longer after the proof failed', () => {
    const driver = failing();
    driver.passPulsing(60_500, BOTH);
    const probe = [...driver.node('na').slots].find(({ state }) => state === 'probation');
    crash(driver, probe?.name ?? '');
    const { quarantine } = driver.node('na');
    expect((quarantine?.until ?? 0) - driver.now).toBe(120_000);
  });

  it('never takes the last usable node', () => {
    const driver = failing();
    driver.send({ type: 'nodeLeft', node: 'nb', reason: 'shutdown' });
    expect(driver.lab.free.usable).toBeGreaterThan(0);
    expect(writes(driver.said, 'trialEnded').some(({ state }) => state === 'failed')).toBe(false);
  });
});
