import { afterEach, beforeEach, expect, it } from 'vitest';
import { CpuTemperature } from '../../../../src/node/machine/utilisation/cpu-temperature.ts';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import { writeTree } from '../../../support/file-tree.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(() => folder.remove());

async function read(files: Readonly<Record<string, string>>, platform: NodeJS.Platform = 'linux') {
  writeTree(folder.path, files);
  const sensor = new CpuTemperature(platform, folder.path);
  const figure = await sensor.read();
  await sensor.close();
  return figure;
}

const DISK = { 'class/hwmon/hwmon0/name': 'nvme\n', 'class/hwmon/hwmon0/temp1_input': '91000\n' };

it.each([
  [
    'Intel: the package, not its hottest core',
    {
      'class/hwmon/hwmon1/name': 'coretemp\n',
      'class/hwmon/hwmon1/temp1_input': '58000\n',
      'class/hwmon/hwmon1/temp1_label': 'Package id 0\n',
      'class/hwmon/hwmon1/temp2_input': '63000\n',
      'class/hwmon/hwmon1/temp2_label': 'Core 0\n',
    },
    58,
  ],
  [
    'two packages: the hotter',
    {
      'class/hwmon/hwmon1/name': 'coretemp\n',
      'class/hwmon/hwmon1/temp1_input': '58000\n',
      'class/hwmon/hwmon1/temp1_label': 'Package id 0\n',
      'class/hwmon/hwmon2/name': 'coretemp\n',
      'class/hwmon/hwmon2/temp1_input': '61500\n',
      'class/hwmon/hwmon2/temp1_label': 'Package id 1\n',
    },
    61.5,
  ],
  [
    'AMD: Tdie before Tctl, which may carry an offset',
    {
      'class/hwmon/hwmon1/name': 'k10temp\n',
      'class/hwmon/hwmon1/temp1_input': '77000\n',
      'class/hwmon/hwmon1/temp1_label': 'Tctl\n',
      'class/hwmon/hwmon1/temp2_input': '50000\n',
      'class/hwmon/hwmon1/temp2_label': 'Tdie\n',
    },
    50,
  ],
  [
    'a board without labels',
    { 'class/hwmon/hwmon1/name': 'cpu_thermal\n', 'class/hwmon/hwmon1/temp1_input': '40250\n' },
    40.25,
  ],
  [
    'a thermal zone where there is no monitor',
    {
      'class/thermal/thermal_zone0/type': 'acpitz\n',
      'class/thermal/thermal_zone0/temp': '20000\n',
      'class/thermal/thermal_zone1/type': 'x86_pkg_temp\n',
      'class/thermal/thermal_zone1/temp': '47000\n',
    },
    47,
  ],
  [
    'freezing is a temperature',
    { 'class/hwmon/hwmon1/name': 'k10temp\n', 'class/hwmon/hwmon1/temp1_input': '0\n' },
    0,
  ],
] as const)('%s', async (_, files, degrees) => {
  expect(await read({ ...DISK, ...files })).toBe(degrees);
});

it('CPU temperature: is unknown on a machine without a sensor of the processor', async () => {
  expect(await read(DISK)).toStrictEqual(
    new Unknown(`the system shows no sensor of the processor in ${folder.path}`),
  );
});

it('CPU temperature: a reading that is no number is unknown, with the text', async () => {
  expect(
    await read({
      'class/hwmon/hwmon1/name': 'k10temp\n',
      'class/hwmon/hwmon1/temp1_input': 'hot\n',
    }),
  ).toMatchObject({
    reason: expect.stringContaining('expected a number, found "hot"') as string,
  });
});

it('CPU temperature: is not implemented outside Linux, and says so', async () => {
  expect(await read({}, 'darwin')).toStrictEqual(new Unknown('it is read on Linux only'));
});
