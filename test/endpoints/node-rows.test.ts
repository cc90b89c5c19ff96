/** Tests the rows of nodes that the window shows, from the state of the lab. */
import { expect, it } from 'vitest';
import { nodeRows } from '../../src/endpoints/projections/node-rows.ts';
import { nodeFacts } from '../support/fake-shared-lab.ts';
import { LabDriver } from '../support/lab-driver.ts';

const sample = {
  ...{ node: 'na', at: 0, cores: [90, 70], memoryBytes: 1, memoryTotalBytes: 2, temperature: null },
  ...{ devices: [], workers: [], unknown: {} },
};

it('Rows of nodes: have no load and round trip while the node is away', () => {
  const driver = new LabDriver({ scheduler: { queueBelowMs: 0 } });
  driver.open();
  driver.join('na', 1);
  const row = () =>
    nodeRows([nodeFacts('na', 'PIXEL', { sample })], {
      ...{ lab: driver.lab, wall: (at: number) => at, slots: [] },
      datasetName: (content) => content,
    })[0];
  driver.send({ type: 'nodePulse', node: 'na', silent: [], held: [], rttMs: 4 });
  expect(row()).toMatchObject({ presence: 'present', load: 80, rttMs: 4 });
  driver.pass(3_000);
  expect(row()).toMatchObject({ presence: 'away', load: null, rttMs: null });
  driver.send({ type: 'nodePulse', node: 'na', silent: [], held: [], rttMs: 5 });
  expect(row()).toMatchObject({ presence: 'present', load: 80, rttMs: 5 });
});
