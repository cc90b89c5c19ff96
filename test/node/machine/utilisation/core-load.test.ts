import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  CoreLoad,
  loadsOf,
  parseStat,
} from '../../../../src/node/machine/utilisation/core-load.ts';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(() => folder.remove());

const stat = (...cores: string[]): string =>
  `cpu  1 1 1 1 1 1 1 1 0 0\n${cores.map((line, i) => `cpu${i} ${line}\n`).join('')}intr 33 0 0\nctxt 8\n`;

it('Core load: a core is busy when it neither idles nor waits for a disk; guest time counts once', () => {
  expect(parseStat(stat('10 20 30 400 50 6 7 8 9 10'))).toStrictEqual([{ busy: 81, total: 531 }]);
});

it('Core load: is the busy share of the time since the last reading, for each core', async () => {
  const path = folder.file('stat');
  writeFileSync(path, stat('100 0 0 900 0 0 0 0 0 0', '0 0 0 1000 0 0 0 0 0 0'));
  const load = new CoreLoad('linux', path);
  expect(await load.read()).toStrictEqual(new Unknown('measured from the next reading on'));
  writeFileSync(path, stat('175 0 0 925 0 0 0 0 0 0', '0 0 0 1100 0 0 0 0 0 0'));
  expect(await load.read()).toStrictEqual([75, 0]);
  writeFileSync(path, stat('175 0 0 975 0 0 0 0 0 0', '100 0 0 1100 0 0 0 0 0 0'));
  expect(await load.read()).toStrictEqual([0, 100]);
  await load.close();
});

it.each([
  [
    'a core that came',
    [{ busy: 0, total: 0 }],
    [
      { busy: 1, total: 9 },
      { busy: 1, total: 9 },
    ],
    'cores came or went since the last reading',
  ],
  [
    'clocks that stand still',
    [{ busy: 1, total: 9 }],
    [{ busy: 1, total: 9 }],
    'the clocks of the cores stood still since the last reading',
  ],
  ['no cores', [], [], 'the system names no cores'],
])('Core load: %s makes it unknown, not 0', (_, before, now, reason) => {
  expect(loadsOf(before, now)).toStrictEqual(new Unknown(reason));
});

it('Core load: stays between 0 and 100 where the system takes time back', () => {
  expect(loadsOf([{ busy: 10, total: 100 }], [{ busy: 8, total: 200 }])).toStrictEqual([0]);
  expect(loadsOf([{ busy: 10, total: 100 }], [{ busy: 112, total: 200 }])).toStrictEqual([100]);
});

it('Core load: a file that cannot be read or parsed is the reason', async () => {
  const absent = new CoreLoad('linux', folder.file('absent'));
  expect(await absent.read()).toMatchObject({
    reason: expect.stringContaining('ENOENT') as string,
  });
  writeFileSync(folder.file('odd'), 'cpu0 some words\n');
  const odd = new CoreLoad('linux', folder.file('odd'));
  expect(await odd.read()).toMatchObject({
    reason: expect.stringContaining('expected the times of a core, found "some words"') as string,
  });
  await odd.close();
});

it.each(['linux', 'darwin', 'win32'] as const)(
  'Core load: this machine, read as on %s, has a load for each core',
  async (platform) => {
    const real = platform === 'linux' && process.platform !== 'linux' ? process.platform : platform;
    const load = new CoreLoad(real);
    await load.read();
    // Its clocks move in steps of 10 ms: busy until they have moved.
    let loads = await load.read();
    while (loads instanceof Unknown) loads = await load.read();
    expect(loads.every((share) => share >= 0 && share <= 100)).toBe(true);
    await load.close();
  },
);
