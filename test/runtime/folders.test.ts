import { describe, expect, it } from 'vitest';
import { THIS_NODE, slotsOf } from '../../src/core/device.ts';
import { cpuDevice } from '../../src/runtime/cpu-device.ts';
import { memoryLimitBytes, workerCount } from '../../src/node/workers/slots.ts';
import { userFolder } from '../../src/runtime/user-folder.ts';

describe('Runtime: user folder', () => {
  it.each([
    ['linux', {}, '/home/ada', '/home/ada/.local/share/galapagos'],
    ['linux', { XDG_DATA_HOME: '/data' }, '/home/ada', '/data/galapagos'],
    ['linux', { XDG_DATA_HOME: 'relative' }, '/home/ada', '/home/ada/.local/share/galapagos'],
    ['linux', { XDG_DATA_HOME: '' }, '/home/ada', '/home/ada/.local/share/galapagos'],
    ['linux', { GALAPAGOS_HOME: '/g', XDG_DATA_HOME: '/data' }, '/home/ada', '/g'],
    ['darwin', {}, '/Users/ada', '/Users/ada/Library/Application Support/Galapagos'],
    ['darwin', { GALAPAGOS_HOME: '/g' }, '/Users/ada', '/g'],
    ['win32', {}, 'C:\\Users\\ada', 'C:\\Users\\ada\\AppData\\Local\\Galapagos'],
    ['win32', { LOCALAPPDATA: 'D:\\Local' }, 'C:\\Users\\ada', 'D:\\Local\\Galapagos'],
    ['win32', { GALAPAGOS_HOME: 'E:\\g' }, 'C:\\Users\\ada', 'E:\\g'],
  ] as const)('on %s with %j and home %s it is %s', (platform, env, home, folder) => {
    expect(userFolder({ platform, env, home })).toBe(folder);
  });
});

describe('Workers: number and memory', () => {
  it('creates as many slots as asked for, at least one', () => {
    const cpuSlots = (count: number) => slotsOf(THIS_NODE, cpuDevice(), count);
    expect(cpuSlots(3)).toStrictEqual(['local/cpu/0', 'local/cpu/1', 'local/cpu/2']);
    expect(cpuSlots(0)).toStrictEqual(['local/cpu/0']);
  });

  it.each([
    [null, 2, 16, 2, null],
    [8, 2, 16, 8, null],
    [300, 2, 16, 8, 'started 8 of 300 requested workers: at most 4 per core on 2 cores'],
    [4, 1, 1, 3, 'started 3 of 4 requested workers: each needs 256 MiB of the 819 MiB for workers'],
    [
      null,
      64,
      1,
      3,
      'started 3 of 64 requested workers: each needs 256 MiB of the 819 MiB for workers',
    ],
    [1, 1, 0.1, 1, null],
  ])('limits %s workers on %i cores and %d GiB to %i', (asked, cores, gibibytes, workers, note) => {
    expect(workerCount(asked, cores, gibibytes * 2 ** 30)).toEqual({ workers, note });
  });

  it('divides the memory of the machine, but never gives a worker less than it needs to start', () => {
    expect(memoryLimitBytes(4, 2 ** 34)).toBe(Math.floor((2 ** 34 * 0.8) / 4));
    expect(memoryLimitBytes(1000, 2 ** 34)).toBe(256 * 2 ** 20);
  });
});
