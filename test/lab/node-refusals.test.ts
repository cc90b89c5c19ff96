/** Tests why a node does not work, as determined from the state of the lab. */
import { describe, expect, it } from 'vitest';
import { refusalsOf } from '../../src/lab/node-refusals.ts';
import type { RefusalFacts } from '../../src/lab/node-refusals.ts';
import { id, LabDriver } from '../support/lab-driver.ts';
import { node as hello } from '../support/node-message-examples.ts';

const CONTENT = 'c'.repeat(64);
const remote = { trouble: null, hello: { ...hello, release: '0.3' } };

/** A synchronous study that `na` has begun; `nb` computes with an arithmetic of this number. */
function lab(arithmetic: number): LabDriver {
  const driver = new LabDriver({
    scheduler: { queueBelowMs: 0 },
    sampler: { synchronous: true, generation: 0 },
  });
  driver.open();
  driver.join('na', 1);
  driver.create({ trials: 9 });
  driver.hello('na/cpu/0');
  driver.result(id(0), { executor: 'wasm' });
  driver.join('nb', 1, { arithmetic: { wasm: arithmetic } });
  return driver;
}

const refusals = (driver: LabDriver, more: Partial<RefusalFacts> = {}) =>
  refusalsOf('nb', {
    remote,
    version: null,
    lab: driver.lab,
    unsent: new Map(),
    paused: null,
    ...more,
  });

describe('Refusals of a node', () => {
  it('name the release that computes differently while a synchronous study runs', () => {
    expect(refusals(lab(2))).toEqual([{ reason: 'arithmetic', data: { release: '0.3' } }]);
    expect(refusals(lab(1))).toEqual([]);
  });

  it('name the versions of the protocol of both sides', () => {
    expect(refusals(lab(1), { remote: null, version: { low: 8, high: 9 } })).toEqual([
      { reason: 'version', data: { node: { low: 8, high: 9 }, lab: { low: 1, high: 4 } } },
    ]);
  });

  it('name values that other nodes contradicted, and why the host paused it', () => {
    const driver = lab(1);
    const of = { uid: 'study', from: 'nb', by: 'na' };
    driver.lab.mismatches.set('nb', [
      { ...of, number: 7, metric: 'value', value: 0.5, found: 0.75 },
      { ...of, number: 8, metric: 'loss', value: Infinity, found: 2 },
    ]);
    const [found] = refusals(driver);
    expect(found).toMatchObject({ reason: 'mismatches', data: { count: 2 } });
    expect(found?.data['text']).toContain('trial 7 of study: 0.5, elsewhere 0.75');
    expect(found?.data['text']).toContain('trial 8 of study (loss): diverged, elsewhere 2');
    expect(refusals(driver, { paused: 'it lies' })).toEqual([
      { reason: 'pausedByHost', data: { text: 'it lies' } },
    ]);
  });

  it('name a dataset that the host cannot send, until the node has it', () => {
    const driver = lab(1);
    const unsent = new Map([[CONTENT, { name: 'cifar-10', reason: 'its file is damaged' }]]);
    expect(refusals(driver, { unsent })).toEqual([
      { reason: 'lacks', data: { dataset: 'cifar-10', error: 'its file is damaged' } },
    ]);
    driver.send({ type: 'nodeHas', node: 'nb', content: CONTENT, has: true });
    expect(refusals(driver, { unsent })).toEqual([]);
  });
});
