import { describe, expect, it } from 'vitest';
import type { Coordinator } from '../../src/coordinator/coordinator.ts';
import type { Device } from '../../src/core/device.ts';
import { LocalWorkers } from '../../src/lab/local-workers.ts';

const cpu: Device = { id: 'cpu', kind: 'cpu', name: 'Processor', lanes: 1, memoryBytes: 2 ** 30 };
const gpu: Device = { id: 'gpu/0', kind: 'gpu', name: 'Card', lanes: 256, memoryBytes: 2 ** 30 };
const card = { device: gpu, environment: {}, command: [], conditions: [] };

/** Workers of which no process is started, and what they tell the scheduler and the courtesy. */
function localWorkers() {
  const told: string[] = [];
  const workers = new LocalWorkers({
    program: { entry: '/nowhere/worker.js' },
    controlEndpoint: 'tcp://127.0.0.1:1',
    token: 'token',
    resources: '/nowhere',
    userFolder: '/nowhere',
    cpu,
    courtesy: {
      start: (slots) => told.push(`courtesy of ${slots.join()}`),
      started: () => told.push('started'),
    },
    onExit: () => undefined,
  });
  const coordinator = {
    lab: { studies: new Map() } as unknown as Coordinator['lab'],
    offerSlots: (slots: readonly string[]) => told.push(`offered ${slots.join()}`),
  };
  return { workers, coordinator, told };
}

describe('LocalWorkers', () => {
  it('offers a slot for each worker of the processor and one for each card', () => {
    const { workers, coordinator, told } = localWorkers();
    const slots = workers.start({ count: 2, cards: [card] }, coordinator);
    expect(slots).toEqual(['local/cpu/0', 'local/cpu/1', 'local/gpu/0/0']);
    expect(told).toEqual([`offered ${slots.join()}`, `courtesy of ${slots.join()}`]);
  });

  it('offers the slots of the cards alone for 0 workers of the processor', () => {
    const { workers, coordinator } = localWorkers();
    expect(workers.start({ count: 0, cards: [card] }, coordinator)).toEqual(['local/gpu/0/0']);
  });

  it('knows the model of a slot and the most lanes of a device once the devices are known', () => {
    const { workers, coordinator } = localWorkers();
    expect([workers.lanes, workers.modelOf('local/gpu/0/0')]).toEqual([1, '']);
    workers.start({ count: 1, cards: [card] }, coordinator);
    expect([workers.lanes, workers.modelOf('local/gpu/0/0')]).toEqual([256, 'Card']);
    expect(workers.modelOf('local/cpu/0')).toBe('Processor');
  });

  it('starts no process before the devices are known', async () => {
    const { workers, told } = localWorkers();
    workers.spawn('local/cpu/0', '1', 0);
    workers.kill('local/cpu/0', '1', 0);
    expect(workers.running).toEqual([]);
    expect(told).toEqual(['started']);
    await workers.close();
  });
});
