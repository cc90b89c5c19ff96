import { expect, it } from 'vitest';
import { HistoryRing } from '../../../src/node/machine/history-ring.ts';
import { telemetryFeed } from '../../../src/node/machine/telemetry-feed.ts';
import { bareInventory } from '../../../src/node/machine/utilisation/known-inventory.ts';
import type { NodeSample } from '../../../src/protocol/window/telemetry.ts';
import { nodeSample } from '../../support/node-sample.ts';

function opened() {
  const samples = new HistoryRing<NodeSample>(3);
  let inventory = bareInventory('local', 'not asked');
  const feed = telemetryFeed(
    [() => ({ samples, inventories: () => [inventory] })],
    () => undefined,
  );
  return {
    feed,
    add: (...times: number[]) => times.forEach((at) => samples.push(nodeSample('local', at))),
    name: (name: string) => (inventory = { ...inventory, name }),
    taken: () => {
      const message = feed.take();
      return message === null
        ? null
        : {
            ...message,
            nodes: message.body.nodes?.map(({ name }) => name),
            body: message.body.samples.map(({ at }) => at),
          };
    },
  };
}

it('Telemetry feed: sends the last minute first, then each sample once, and nothing without a new one', () => {
  const { add, taken, name } = opened();
  name('wallace');
  add(1, 2, 3, 4);
  expect(taken()).toStrictEqual({ seq: 0, snapshot: true, nodes: ['wallace'], body: [2, 3, 4] });
  expect(taken()).toBeNull();
  add(5);
  expect(taken()).toStrictEqual({ seq: 1, snapshot: false, nodes: undefined, body: [5] });
});

it('Telemetry feed: sends the machine alone to a window that opens before the first sample', () => {
  const { taken, name } = opened();
  name('wallace');
  expect(taken()).toStrictEqual({ seq: 0, snapshot: true, nodes: ['wallace'], body: [] });
});

it('Telemetry feed: sends changes of the inventory without a new sample', () => {
  const { taken, name } = opened();
  taken();
  name('darwin');
  expect(taken()).toStrictEqual({ seq: 1, snapshot: false, nodes: ['darwin'], body: [] });
});

it('Telemetry feed: a slow window misses samples that were overwritten', () => {
  const { add, taken } = opened();
  taken();
  add(1, 2, 3, 4, 5);
  expect(taken()?.body).toStrictEqual([3, 4, 5]);
});

it('Telemetry feed: sends everything kept again after a restart, with continuing numbers', () => {
  const { add, taken, feed } = opened();
  add(1, 2);
  taken();
  feed.restart();
  expect(taken()).toMatchObject({ seq: 1, snapshot: true, body: [1, 2] });
});
