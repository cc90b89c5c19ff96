import { expect, it } from 'vitest';
import { gpuInventory, machine } from '../../src/node/machine.ts';

it('a machine has cores, memory and a Node', () => {
  const { cores, memoryBytes, freeMemoryBytes, node } = machine();
  expect(cores).toBeGreaterThanOrEqual(1);
  expect(memoryBytes).toBeGreaterThan(freeMemoryBytes);
  expect(node).toMatch(/^\d+\.\d+\.\d+/);
});

it('the inventory of graphics cards is a list, or says why it is not known', async () => {
  const inventory = await gpuInventory();
  expect(inventory.known ? Array.isArray(inventory.gpus) : inventory.reason.length > 0).toBe(true);
});

it('an inventory that does not come in time is unknown, not empty', async () => {
  expect(await gpuInventory(1)).toStrictEqual({ known: false, reason: expect.stringContaining('within 1 ms') as string });
});

it('an inventory without a Node to ask in is unknown', async () => {
  expect(await gpuInventory(1000, '/no/such/node')).toMatchObject({ known: false });
});
