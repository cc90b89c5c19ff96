import { describe, expect, it } from 'vitest';
import { LoadReports } from '../../../src/node/machine/load-reports.ts';
import { bareInventory } from '../../../src/node/machine/utilisation/known-inventory.ts';
import type { FromNode } from '../../../src/protocol/node-messages.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { nodeSample } from '../../support/node-sample.ts';

const sample = nodeSample('n1', 0);

function loadReports() {
  const sent: FromNode['type'][] = [];
  const host = { isUp: true, send: (message: FromNode) => sent.push(message.type) };
  const machine = { works: true };
  const timer = new ManualTimer();
  const reports = new LoadReports({ host, works: () => machine.works, timer });
  return { reports, sent, host, machine, timer };
}

describe('LoadReports', () => {
  it('sends the inventory on each link, and after each change of it', () => {
    const { reports, sent } = loadReports();
    const inventory = bareInventory('n1', 'not looked at');
    reports.connected(inventory);
    reports.sampled(sample, inventory);
    const changed = { ...inventory };
    reports.sampled(sample, changed);
    reports.connected(changed);
    expect(sent).toEqual(['inventory', 'load', 'inventory', 'load', 'inventory']);
  });

  it('sends an inventory that becomes known on a link, or while there is none, later', () => {
    const { reports, sent, host } = loadReports();
    reports.connected(null);
    host.isUp = false;
    reports.sampled(sample, bareInventory('n1', 'not looked at'));
    host.isUp = true;
    reports.sampled(sample, bareInventory('n1', 'not looked at'));
    expect(sent).toEqual(['load', 'inventory', 'load']);
  });

  it('sends the load every 10 s while no worker runs, and else with each sample', () => {
    const { reports, sent, machine, timer } = loadReports();
    machine.works = false;
    for (let second = 0; second < 20; second++) {
      reports.sampled(sample, null);
      timer.advance(1_000);
    }
    expect(sent).toEqual(['load', 'load']);
    machine.works = true;
    reports.sampled(sample, null);
    reports.sampled(sample, null);
    expect(sent).toHaveLength(4);
  });
});
