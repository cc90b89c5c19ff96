import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AmdCard } from '../../../../src/node/machine/utilisation/amd-card.ts';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import { pciCards } from '../../../../src/node/machine/utilisation/pci-cards.ts';
import { writeTree } from '../../../support/file-tree.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
let card: AmdCard;
const PLACE = 'bus/pci/devices/0000:03:00.0';

beforeEach(async () => {
  folder = temporaryFolder();
  writeTree(folder.path, {
    [`${PLACE}/class`]: '0x030000\n',
    [`${PLACE}/vendor`]: '0x1002\n',
    [`${PLACE}/product_name`]: 'AMD Radeon RX 7900 XTX\n',
    [`${PLACE}/power/runtime_status`]: 'active\n',
    [`${PLACE}/gpu_busy_percent`]: '0\n',
    [`${PLACE}/mem_info_vram_used`]: '1073741824\n',
    [`${PLACE}/mem_info_vram_total`]: '25753026560\n',
    [`${PLACE}/hwmon/hwmon4/temp1_input`]: '51000\n',
    [`${PLACE}/hwmon/hwmon4/power1_average`]: '87000000\n',
    [`${PLACE}/hwmon/hwmon4/power1_cap`]: '339000000\n',
  });
  const [found] = (await pciCards(folder.path)) ?? [];
  card = new AmdCard(found!);
});
afterEach(async () => {
  await card.close();
  folder.remove();
});

it('AMD card: reports load, memory, temperature, power and limit; an idle one a load of 0', async () => {
  expect(await card.read()).toStrictEqual({
    address: '0000:03:00.0',
    uuid: null,
    vendor: 'AMD',
    model: 'AMD Radeon RX 7900 XTX',
    driver: 'amdgpu',
    figures: {
      load: 0,
      memoryBytes: 1_073_741_824,
      memoryTotalBytes: 25_753_026_560,
      temperature: 51,
      power: 87,
      powerLimit: 339,
    },
  });
});

it('AMD card: reads again each time', async () => {
  await card.read();
  writeTree(folder.path, { [`${PLACE}/gpu_busy_percent`]: '97\n' });
  expect((await card.read()).figures.load).toBe(97);
});

it('AMD card: reads current power of newer chips under another name', async () => {
  rmSync(folder.file(`${PLACE}/hwmon/hwmon4/power1_average`));
  writeTree(folder.path, { [`${PLACE}/hwmon/hwmon4/power1_input`]: '42000000\n' });
  expect((await card.read()).figures.power).toBe(42);
});

it('AMD card: a missing file is unknown, never 0, and the other figures are kept', async () => {
  rmSync(folder.file(`${PLACE}/gpu_busy_percent`));
  rmSync(folder.file(`${PLACE}/hwmon`), { recursive: true });
  const { load, power, memoryBytes } = (await card.read()).figures;
  expect(load).toMatchObject({ reason: expect.stringContaining('gpu_busy_percent') as string });
  expect(power).toMatchObject({ reason: expect.stringContaining('no monitor') as string });
  expect(memoryBytes).toBe(1_073_741_824);
});

it('AMD card: does not wake a sleeping card', async () => {
  writeTree(folder.path, { [`${PLACE}/power/runtime_status`]: 'suspended\n' });
  expect((await card.read()).figures.load).toStrictEqual(new Unknown('the card is asleep'));
});

it('AMD card: lists only cards that compute, in bus order', async () => {
  writeTree(folder.path, {
    'bus/pci/devices/0000:c1:00.0/class': '0x030200\n',
    'bus/pci/devices/0000:c1:00.0/vendor': '0x10de\n',
    'bus/pci/devices/0000:02:00.0/class': '0x030000\n',
    'bus/pci/devices/0000:02:00.0/vendor': '0x1a03\n',
    'bus/pci/devices/0000:01:00.0/class': '0x020000\n',
    'bus/pci/devices/0000:01:00.0/vendor': '0x8086\n',
  });
  const found = await pciCards(folder.path);
  expect(found?.map(({ address, vendor }) => `${address} ${vendor}`)).toStrictEqual([
    '0000:03:00.0 AMD',
    '0000:c1:00.0 NVIDIA',
  ]);
});

it('AMD card: cards are unknown on a machine without the bus', async () => {
  expect(await pciCards(folder.file('elsewhere'))).toBeNull();
});
