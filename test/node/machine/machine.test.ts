import { expect, it } from 'vitest';
import {
  hostName,
  machine,
  parseInventory,
  takeInventory,
} from '../../../src/node/machine/machine.ts';

it('Machine: has cores, memory and a Node', () => {
  const { cores, memoryBytes, freeMemoryBytes, node } = machine();
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(memoryBytes).toBeGreaterThan(freeMemoryBytes);
  expect(node).toMatch(/^\d+\.\d+\.\d+/);
});

it('Machine: the inventory of graphics cards is a list, or the reason why it is unknown', async () => {
  const { graphics } = await takeInventory();
  expect(graphics.known ? Array.isArray(graphics.gpus) : graphics.reason.length > 0).toBe(true);
});

it('Machine: an inventory that is late is unknown, not empty', async () => {
  const unknown = { known: false, reason: "the drivers' tools did not answer within 1 ms" };
  expect(await takeInventory(1)).toStrictEqual({
    processor: unknown,
    system: unknown,
    graphics: unknown,
  });
});

it('Machine: an inventory without a plain Node is unknown', async () => {
  expect(await takeInventory(1000, '/no/such/node')).toMatchObject({
    graphics: { known: false, reason: expect.stringContaining('ENOENT') as string },
  });
});

it('Machine: keeps a part that arrived before the tools hung', () => {
  const told = '{"part":"processor","value":{"model":"Ryzen 9","physicalCores":16}}\n';
  expect(parseInventory(told, 'too late')).toStrictEqual({
    processor: { known: true, model: 'Ryzen 9', physicalCores: 16 },
    system: { known: false, reason: 'too late' },
    graphics: { known: false, reason: 'too late' },
  });
});

it('Machine: reads driver and address of a card under either of their names', () => {
  const value = {
    gpus: [
      {
        vendor: 'NVIDIA',
        model: 'A100',
        vram: null,
        driverVersion: '570.1',
        busAddress: '',
        pciBus: '00000000:41:00.0',
      },
    ],
  };
  const { graphics } = parseInventory(JSON.stringify({ part: 'graphics', value }), 'too late');
  expect(graphics).toStrictEqual({
    known: true,
    gpus: [
      {
        vendor: 'NVIDIA',
        model: 'A100',
        vram: null,
        driver: '570.1',
        busAddress: '00000000:41:00.0',
      },
    ],
  });
});

it.each([
  '{"part":"graphics","value":{"gpus":"none"}}',
  'Segmentation fault',
  '{"part":"sound","value":{}}',
])('Machine: an inventory that cannot be parsed is unknown: %s', (line) => {
  expect(parseInventory(line, 'too late').graphics).toStrictEqual({
    known: false,
    reason: expect.stringContaining('could not be read') as string,
  });
});

it.each([
  ['wallace.lab.example', 'wallace'],
  ['Darwins-Mac.local', 'Darwins-Mac'],
  ['192.168.1.7', '192.168.1.7'],
])('Machine: the name of host %s is %s', (host, name) => {
  expect(hostName(host)).toBe(name);
});
