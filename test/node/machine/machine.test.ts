import { expect, it } from 'vitest';
import {
  hostName,
  machine,
  parseInventory,
  takeInventory,
} from '../../../src/node/machine/machine.ts';

it('a machine has cores, memory and a Node', () => {
  const { cores, memoryBytes, freeMemoryBytes, node } = machine();
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(memoryBytes).toBeGreaterThan(freeMemoryBytes);
  expect(node).toMatch(/^\d+\.\d+\.\d+/);
});

it('the inventory of graphics cards is a list, or says why it is not known', async () => {
  const { graphics } = await takeInventory();
  expect(graphics.known ? Array.isArray(graphics.gpus) : graphics.reason.length > 0).toBe(true);
});

it('an inventory that does not come in time is unknown, not empty', async () => {
  const unknown = { known: false, reason: "the drivers' tools did not answer within 1 ms" };
  expect(await takeInventory(1)).toStrictEqual({
    processor: unknown,
    system: unknown,
    graphics: unknown,
  });
});

it('an inventory without a Node to ask in is unknown', async () => {
  expect(await takeInventory(1000, '/no/such/node')).toMatchObject({
    graphics: { known: false, reason: expect.stringContaining('ENOENT') as string },
  });
});

it('a part that was told before the tools hung is kept', () => {
  const told = '{"part":"processor","value":{"model":"Ryzen 9","physicalCores":16}}\n';
  expect(parseInventory(told, 'too late')).toStrictEqual({
    processor: { known: true, model: 'Ryzen 9', physicalCores: 16 },
    system: { known: false, reason: 'too late' },
    graphics: { known: false, reason: 'too late' },
  });
});

it('a card tells its driver and its place where the library knows them, under either of its names', () => {
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
])('an inventory that cannot be read is unknown: %s', (line) => {
  expect(parseInventory(line, 'too late').graphics).toStrictEqual({
    known: false,
    reason: expect.stringContaining('could not be read') as string,
  });
});

it.each([
  ['wallace.lab.example', 'wallace'],
  ['Darwins-Mac.local', 'Darwins-Mac'],
  ['192.168.1.7', '192.168.1.7'],
])('the name of host %s is %s', (host, name) => {
  expect(hostName(host)).toBe(name);
});
