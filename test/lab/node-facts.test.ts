/** Tests what a host writes of its nodes for commands beside it, from the state of the lab. */
import { describe, expect, it } from 'vitest';
import { quarantineOf, statusOf } from '../../src/lab/node-facts.ts';
import type { NodeFacts } from '../../src/lab/node-facts.ts';
import { LabDriver } from '../support/lab-driver.ts';

const WALL = 1_800_000_000_000;
const facts: NodeFacts = {
  id: 'na',
  name: 'PIXEL',
  release: '0.3',
  system: null,
  offsetMs: null,
  datasets: [],
  refusals: [],
  packages: [],
  limits: null,
  held: null,
  hoursFrom: null,
  lastSeen: 5,
  inventory: null,
  sample: null,
};
const wall = (at: number): number => WALL + at;

/** Two nodes, of which `na` crashes every trial. */
function failing(): LabDriver {
  const driver = new LabDriver({ scheduler: { queueBelowMs: 0 } });
  driver.open();
  driver.join('na', 2);
  driver.join('nb', 1);
  driver.create({ trials: 100 });
  const slots = ['na/cpu/0', 'na/cpu/1'];
  for (const slot of [...slots, 'nb/cpu/0']) driver.hello(slot);
  for (let i = 0; i < 6; i++) {
    for (const slot of slots)
      for (const each of driver.given(slot)) driver.result(each, { outcome: 'crashed', ms: 5 });
    for (const each of driver.given('nb/cpu/0')) driver.result(each, { ms: 5_000 });
  }
  return driver;
}

describe('Status of nodes: from the lab', () => {
  it('says how many trials a quarantined node failed, why, and until when', () => {
    const driver = failing();
    const node = driver.lab.nodes.get('na');
    const failed = [...(node?.slots ?? [])].flatMap((slot) => slot.quarantine?.failures ?? []);
    const trials = new Set(failed.map(({ number }) => number)).size;
    expect(trials).toBeGreaterThan(1);
    const [refusal] = quarantineOf(node, wall);
    expect(refusal).toMatchObject({
      reason: 'quarantined',
      data: { trials, untilMs: wall(node?.quarantine?.until ?? 0) },
    });
    expect(refusal?.data['detail']).toMatch(/^trial \d+: crash after 5 ms/);
    expect(statusOf([facts], driver.lab, wall)[0]?.refusals).toEqual([refusal]);
    expect(quarantineOf(driver.lab.nodes.get('nb'), wall)).toEqual([]);
  });

  it('counts busy and waiting workers, and says since when a node is silent', () => {
    const driver = new LabDriver({ scheduler: { queueBelowMs: 0 } });
    driver.open();
    driver.join('na', 2);
    driver.create({ trials: 9 });
    for (const slot of ['na/cpu/0', 'na/cpu/1']) driver.hello(slot);
    const status = () => statusOf([facts], driver.lab, wall)[0];
    expect(status()).toMatchObject({ presence: 'present', busy: 2, running: 2, waiting: 0 });
    driver.send({ type: 'nodePulse', node: 'na', silent: [], held: ['na/cpu/1'], rttMs: 4 });
    expect(status()).toMatchObject({ waiting: 1, rttMs: 4 });
    const heard = driver.now;
    driver.pass(3_000);
    expect(status()).toMatchObject({ presence: 'away', since: wall(heard), rttMs: null });
  });

  it('says when a node that did not join since was connected last', () => {
    const { lab } = new LabDriver();
    expect(statusOf([facts], lab, wall)[0]).toMatchObject({ presence: 'absent', since: 5 });
  });
});
