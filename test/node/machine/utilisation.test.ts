import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Inventory } from '../../../src/node/machine/machine.ts';
import { watchUtilisation } from '../../../src/node/machine/utilisation.ts';
import type {
  UtilisationSources,
  Utilisation,
  UtilisationOptions,
} from '../../../src/node/machine/utilisation.ts';
import { nodeInventory, nodeSample } from '../../../src/protocol/window/telemetry.ts';
import type { NodeSample } from '../../../src/protocol/window/telemetry.ts';
import { GEFORCE, H100, fakeSmi } from '../../support/fake-smi.ts';
import { writeTree } from '../../support/file-tree.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
let utilisation: Utilisation | null = null;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(async () => {
  await utilisation?.stop();
  folder.remove();
});

const unasked = { known: false, reason: 'not asked' } as const;
const KNOWN: Inventory = {
  processor: { known: true, model: 'AMD EPYC', physicalCores: 8 },
  system: { known: true, name: 'Debian GNU/Linux 12' },
  graphics: { known: true, gpus: [] },
};

const stat = (busy: number, total: number): string =>
  `cpu  0\ncpu0 ${busy} 0 0 ${total - busy} 0 0 0 0 0 0\n`;
const NVIDIA = {
  'sys/bus/pci/devices/0000:41:00.0/class': '0x030200\n',
  'sys/bus/pci/devices/0000:41:00.0/vendor': '0x10de\n',
};

/** A Linux machine made of files, whose time the test controls. */
async function watched(
  files: Readonly<Record<string, string>>,
  options: Partial<UtilisationOptions> & { sources?: Partial<UtilisationSources> } = {},
) {
  writeTree(folder.path, { 'proc/stat': stat(0, 100), ...files });
  const timer = new ManualTimer();
  const smi = fakeSmi();
  let heard: (sample: NodeSample) => void = () => undefined;
  const started = watchUtilisation({
    node: 'local',
    ...options,
    onSample: (sample) => heard(sample),
    sources: {
      platform: 'linux',
      sys: folder.file('sys'),
      proc: folder.file('proc'),
      timer,
      wallClock: () => 1_700_000_000_000 + timer.now(),
      startSmi: smi.start,
      inventory: () => Promise.resolve(KNOWN),
      ...options.sources,
    },
  });
  utilisation = started;
  if (options.sources?.inventory === undefined) await started.ready;
  /** The sample that is due after a period. */
  const next = async (pass = () => timer.advance(1000)): Promise<NodeSample> => {
    const sample = new Promise<NodeSample>((resolve) => (heard = resolve));
    pass();
    return nodeSample.parse(await sample);
  };
  return { timer, smi, next, utilisation: started };
}

it("Utilisation: samples every figure each second in the window's schema", async () => {
  const { smi, next } = await watched(
    {
      ...NVIDIA,
      'proc/77/stat': '77 (node) S 1 1 1 0 -1 0 0 0 0 0 10 0 0 0 20 0 1 0 1 1 25 0\n',
      'sys/class/hwmon/hwmon0/name': 'k10temp\n',
      'sys/class/hwmon/hwmon0/temp1_input': '44500\n',
    },
    { workerPids: () => [77] },
  );
  smi.started[0]?.write(`${H100}\n`);
  writeTree(folder.path, { 'proc/stat': stat(0, 100) });
  await next();
  writeTree(folder.path, {
    'proc/stat': stat(30, 200),
    'proc/77/stat': '77 (node) S 1 1 1 0 -1 0 0 0 0 0 60 0 0 0 20 0 1 0 1 1 25 0\n',
  });
  smi.started[0]?.write(`${H100}\n`);
  const { memoryBytes, memoryTotalBytes, ...sample } = await next();
  expect(memoryBytes).toBeGreaterThan(0);
  expect(memoryTotalBytes).toBeGreaterThan(memoryBytes);
  expect(sample).toStrictEqual({
    node: 'local',
    at: 1_700_000_002_000,
    cores: [30],
    temperature: 44.5,
    devices: [
      {
        device: 'gpu/0',
        name: 'NVIDIA H100 80GB HBM3',
        load: 94,
        memoryBytes: 9216 * 2 ** 20,
        memoryTotalBytes: 81559 * 2 ** 20,
        temperature: 58,
        power: 412.37,
        powerLimit: 700,
        unknown: {},
      },
    ],
    workers: [{ pid: 77, load: 50, memoryBytes: 102_400, unknown: {} }],
    unknown: {},
  });
});

it('Utilisation: takes one sample in each period although its timer fires early', async () => {
  const manual = new ManualTimer();
  const early = {
    now: () => manual.now(),
    after: (ms: number, callback: () => void) => manual.after(Math.max(0, ms - 1), callback),
  };
  const { next } = await watched({}, { sources: { timer: early, wallClock: () => manual.now() } });
  const first = await next(() => manual.advance(999));
  const second = await next(() => manual.advance(1_000));
  expect(second.at - first.at).toBe(1_000);
});

it('Utilisation: an unknown figure is null with its reason, never 0', async () => {
  const { next } = await watched(NVIDIA, { workerPids: () => [78] });
  const { devices, temperature, unknown, workers } = await next();
  expect(temperature).toBeNull();
  expect(unknown['temperature']).toContain('no sensor');
  expect(devices).toMatchObject([
    {
      name: 'NVIDIA graphics card',
      load: null,
      unknown: { load: 'nvidia-smi does not tell of this card' },
    },
  ]);
  expect(workers).toStrictEqual([
    {
      pid: 78,
      load: null,
      memoryBytes: null,
      unknown: { load: 'the process has ended', memoryBytes: 'the process has ended' },
    },
  ]);
});

it('Utilisation: cores whose clocks stand still are unknown for that second only', async () => {
  const { next } = await watched({});
  const still = await next();
  expect(still.cores).toStrictEqual([]);
  expect(still.unknown['cores']).toContain('stood still');
  writeTree(folder.path, { 'proc/stat': stat(100, 200) });
  expect((await next()).cores).toStrictEqual([100]);
});

it('Utilisation: lists AMD, Intel and NVIDIA cards, each with its known figures', async () => {
  const { next, smi } = await watched({
    ...NVIDIA,
    'sys/bus/pci/devices/0000:00:02.0/class': '0x030000\n',
    'sys/bus/pci/devices/0000:00:02.0/vendor': '0x8086\n',
    'sys/bus/pci/devices/0000:c3:00.0/class': '0x030000\n',
    'sys/bus/pci/devices/0000:c3:00.0/vendor': '0x1002\n',
    'sys/bus/pci/devices/0000:c3:00.0/gpu_busy_percent': '37\n',
  });
  smi.started[0]?.write(`${H100}\n`);
  const { devices } = await next();
  expect(
    devices.map(({ device, name, load }) => `${device} ${name}: ${load ?? 'unknown'}`),
  ).toStrictEqual([
    'gpu/0 Intel graphics card: unknown',
    'gpu/1 NVIDIA H100 80GB HBM3: 94',
    'gpu/2 AMD graphics card: 37',
  ]);
  expect(devices[0]?.unknown['load']).toBe('cards of Intel are not measured');
});

it('Utilisation: cards are unknown until the inventory is taken, and stay so where it fails and there is no bus', async () => {
  let tell: (inventory: Inventory) => void = () => undefined;
  const inventory = (): Promise<Inventory> => new Promise((resolve) => (tell = resolve));
  const { next, smi, utilisation: seen } = await watched({}, { sources: { inventory } });
  expect((await next()).unknown['devices']).toBe('the inventory is being taken');
  tell({ ...KNOWN, graphics: unasked });
  await seen.ready;
  const after = await next();
  expect(after.devices).toStrictEqual([]);
  expect(after.unknown['devices']).toBe('not asked');
  expect(seen.inventory()).toMatchObject({
    devices: [],
    devicesUnknown: 'not asked',
    system: 'Debian GNU/Linux 12',
  });
  smi.started[0]?.write(`${GEFORCE}\n`);
  expect((await next()).devices).toMatchObject([{ device: 'gpu/0', temperature: 54 }]);
});

it('Utilisation: a machine without a card on its bus has none', async () => {
  const { next, utilisation: seen } = await watched(
    { 'sys/bus/pci/devices/0000:00:00.0/class': '0x060000\n' },
    { sources: { inventory: () => Promise.resolve({ ...KNOWN, graphics: unasked }) } },
  );
  await seen.ready;
  const { devices, unknown } = await next();
  expect([devices, unknown['devices']]).toStrictEqual([[], undefined]);
  expect(seen.inventory().devicesUnknown).toBeNull();
});

it('Utilisation: the inventory identifies the card, and is the same object while nothing changes', async () => {
  const { next, smi, utilisation: seen } = await watched(NVIDIA);
  smi.started[0]?.write(`${H100}\n`);
  await next();
  const inventory = nodeInventory.parse(seen.inventory());
  expect(inventory).toMatchObject({
    node: 'local',
    thisMachine: true,
    system: 'Debian GNU/Linux 12',
    processor: 'AMD EPYC',
    devices: [
      {
        device: 'gpu/0',
        vendor: 'NVIDIA',
        model: 'NVIDIA H100 80GB HBM3',
        driver: '570.124.06',
        uuid: 'GPU-4f6c0a55-9a1b-6a40-3a0e-0f3d1b1a7c11',
        address: '0000:41:00.0',
      },
    ],
    devicesUnknown: null,
  });
  const before = seen.inventory();
  await next();
  expect(seen.inventory()).toBe(before);
});

it('Utilisation: keeps the last minute and skips seconds of sleep', async () => {
  const { next, timer, utilisation: seen } = await watched({}, { keptMs: 3000 });
  for (let i = 0; i < 4; i++) await next();
  await next(() => timer.sleep(7300));
  await next(() => timer.advance(700));
  expect(seen.samples.since(0).map(({ at }) => at - 1_700_000_000_000)).toStrictEqual([
    4000, 11_300, 12_000,
  ]);
});

it('Utilisation: takes the inventory only after the requested delay, and samples meanwhile', async () => {
  let taken = 0;
  const inventory = (): Promise<typeof KNOWN> => {
    taken += 1;
    return Promise.resolve(KNOWN);
  };
  const { next, utilisation: seen } = await watched(
    {},
    { inventoryAfterMs: 2500, sources: { inventory } },
  );
  for (let second = 1; second <= 2; second++) await next();
  expect(taken).toBe(0);
  await next();
  await seen.ready;
  expect(taken).toBe(1);
});

it('Utilisation: samples nothing after stop and leaves no child', async () => {
  const { timer, smi, utilisation: seen, next } = await watched({});
  await next();
  await seen.stop();
  expect(smi.started[0]?.signals).toStrictEqual(['SIGKILL']);
  timer.advance(60_000);
  expect(timer.pending).toBe(0);
  expect(seen.samples.total).toBe(1);
});

describe('Utilisation: this machine', () => {
  it('is sampled, with this process among its workers', async () => {
    const sample = await new Promise<NodeSample>((resolve) => {
      utilisation = watchUtilisation({
        node: 'local',
        everyMs: 200,
        workerPids: () => [process.pid],
        // On a busy machine, figures that are late are unknown in a sample.
        onSample: (taken) => {
          if (taken.unknown['workers'] === undefined) resolve(taken);
        },
      });
    });
    expect(nodeSample.parse(sample).workers).toHaveLength(1);
    expect(sample.cores.length > 0 || sample.unknown['cores'] !== undefined).toBe(true);
    nodeInventory.parse(utilisation?.inventory());
  });
});
