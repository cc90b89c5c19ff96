import { renameSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { deviceLines } from '../../../src/cli/display/device-lines.ts';
import { startableCards } from '../../../src/node/devices/pin.ts';
import { deviceList } from '../../../src/protocol/device-list.ts';
import type { DeviceList } from '../../../src/protocol/device-list.ts';
import {
  expectedText,
  fixtureMachines,
  readFixture,
  startFixture,
} from '../../support/fixture-machine.ts';

async function listOf(name: string): Promise<DeviceList> {
  const running = await startFixture(readFixture(name));
  const list = { ...running.watch.list(), machine: { host: 'lab3', platform: 'linux' } };
  await running.stop();
  return deviceList.parse(list);
}

/** What the command prints, and the workers that would be started. */
function textOf(list: DeviceList): string {
  // Memory, cores and load of the processor are those of the machine that runs the test.
  const devices = list.devices.map((device) =>
    device.kind === 'cpu'
      ? {
          ...device,
          cores: 16,
          figures: { ...device.figures, load: 25, memoryBytes: 12e9, memoryTotalBytes: 64e9 },
          unknown: Object.fromEntries(
            Object.entries(device.unknown).filter(([name]) => name !== 'load'),
          ),
        }
      : device,
  );
  const started = startableCards(list).map(
    ({ device: { id, lanes, memoryBytes }, environment, command }) =>
      `${id} (${String(lanes)} lanes, ${String(memoryBytes)} bytes): ${[
        ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
        ...command,
      ].join(' ')}`,
  );
  return [...deviceLines({ ...list, devices }), '', 'Workers:', ...started, ''].join('\n');
}

describe('Devices: hot-plug', () => {
  const bus = 'sys/bus/pci/devices/0000:81:00.0';
  const card = { [`${bus}/class`]: '0x030000\n', [`${bus}/vendor`]: '0x1002\n' };

  it('lists an added card within 10 s and looks at the machine again', async () => {
    const running = await startFixture(readFixture('nvidia'));
    running.write({ ...card, [`${bus}/gpu_busy_percent`]: '37\n' });
    let seconds = 0;
    for (; seconds < 10 && running.watch.list().devices.length < 3; seconds += 1)
      await running.second();
    expect(seconds).toBeLessThan(10);
    await running.second();
    const list = running.watch.list();
    expect(list.devices.map(({ id }) => id)).toEqual(['cpu', 'gpu/0', 'gpu/1']);
    expect(list.devices[2]?.figures.load).toBe(37);
    expect(running.looks()).toBe(2);
    await running.watch.refresh();
    expect(running.watch.list().devices[2]?.executors).toHaveLength(2);
    await running.stop();
  });

  it('omits a removed card within 10 s and gives it its old id when it returns', async () => {
    const running = await startFixture(readFixture('mixed-vendors'));
    const ids = (): string[] => running.watch.list().devices.map(({ id }) => id);
    expect(ids()).toEqual(['cpu', 'gpu/0', 'gpu/1']);
    const folder = running.path('sys/bus/pci/devices/0000:0a:00.0');
    const aside = running.path('removed');
    renameSync(folder, aside);
    for (let i = 0; i < 10; i += 1) await running.second();
    expect(ids()).toEqual(['cpu', 'gpu/1']);
    renameSync(aside, folder);
    for (let i = 0; i < 10; i += 1) await running.second();
    expect(ids()).toEqual(['cpu', 'gpu/0', 'gpu/1']);
    await running.stop();
  });

  it('keeps the inventory the same object while nothing changes', async () => {
    const running = await startFixture(readFixture('nvidia'));
    const before = running.watch.inventory();
    await running.second();
    expect(running.watch.inventory()).toBe(before);
    await running.watch.refresh();
    expect(running.watch.inventory()).toEqual(before);
    await running.stop();
  });
});

describe('Devices: machines', () => {
  it('has fixtures of at least twelve machines', () => {
    expect(fixtureMachines.length).toBeGreaterThanOrEqual(12);
  });

  it.each(fixtureMachines)('lists every device of the machine %s', async (name) => {
    await expect(textOf(await listOf(name))).toMatchFileSnapshot(expectedText(name));
  });

  it.each(fixtureMachines)(
    'gives a reason for every unknown figure and unusable executor of the machine %s',
    async (name) => {
      const { devices } = await listOf(name);
      for (const { figures, unknown, executors } of devices) {
        const unnamed = Object.entries(figures).filter(([, value]) => value === null);
        expect(Object.keys(unknown).sort()).toEqual(unnamed.map(([figure]) => figure).sort());
        for (const reason of Object.values(unknown)) expect(reason).not.toBe('not sampled yet');
        expect(executors).not.toHaveLength(0);
        for (const executor of executors)
          if (!executor.usable) expect(executor.reason.length).toBeGreaterThan(8);
      }
    },
  );
});

describe('Devices: CUDA_VISIBLE_DEVICES', () => {
  async function startedOf(name: string, visibleDevices: string): Promise<readonly string[]> {
    const running = await startFixture({ ...readFixture(name), visibleDevices });
    const list = deviceList.parse(running.watch.list());
    await running.stop();
    return startableCards(list).map(
      ({ device, environment }) =>
        `${device.id} ${String(environment['CUDA_VISIBLE_DEVICES'])} ${
          list.devices
            .find(({ id }) => id === device.id)
            ?.executors.flatMap(({ name, usable }) => (usable ? [name] : []))
            .join(',') ?? ''
        }`,
    );
  }

  it('starts no worker on a card that the variable leaves out', async () => {
    expect(await startedOf('nvidia', '')).toEqual([]);
    expect(await startedOf('nvidia', '0')).toHaveLength(1);
  });

  it('starts workers for programs where the driver works and no executor does', async () => {
    const { devices, ...rest } = await listOf('nvidia');
    const reason = 'not installed';
    const without = devices.map((device) => ({
      ...device,
      executors: device.executors.map(({ name }) => ({
        ...{ name, usable: false as const, reason, remedy: null },
      })),
    }));
    const list = deviceList.parse({ ...rest, devices: without });
    expect(startableCards(list)).toEqual([]);
    const [card] = startableCards(list, true);
    const { uuid } = devices.flatMap((each) => (each.kind === 'gpu' ? [each] : []))[0]!;
    expect(card?.environment).toMatchObject({
      CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
      CUDA_VISIBLE_DEVICES: uuid,
    });
    const running = await startFixture({ ...readFixture('nvidia'), visibleDevices: '' });
    expect(startableCards(deviceList.parse(running.watch.list()), true)).toEqual([]);
    await running.stop();
  });

  it('uses of cards of one model the visible ones only', async () => {
    const all = await startedOf('nvidia-four-twins', '0,1,2,3');
    expect(all).toHaveLength(4);
    expect(await startedOf('nvidia-four-twins', '2')).toEqual([all[2]]);
  });

  it('does not use WebGPU where a hidden card cannot be told apart from a visible one', async () => {
    const both = await startedOf('nvidia-equal-twins', '0,1');
    expect(both.join()).toContain('webgpu');
    const one = await startedOf('nvidia-equal-twins', '1');
    expect(one.join()).not.toContain('webgpu');
  });
});
