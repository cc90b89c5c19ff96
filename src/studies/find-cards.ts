/** Finds the graphics cards of this machine that get a worker each. */
import { setTimeout as wait } from 'node:timers/promises';
import { THIS_NODE } from '../core/device.ts';
import { startableCards } from '../node/devices/pin.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import type { DeviceWatch } from '../node/devices/watch-devices.ts';
import { watchUtilisation } from '../node/machine/utilisation.ts';
import { pciCards } from '../node/machine/utilisation/pci-cards.ts';
import { FALLBACK_VARIABLE, listAdapters, MEMORY_VARIABLE } from '../runtime/gpu/adapters.ts';
import { memoryBytes } from '../runtime/cpu-device.ts';
import { watchThisMachine } from './this-machine.ts';
import type { ThisMachineOptions } from './this-machine.ts';

export interface FindCardsOptions extends Omit<ThisMachineOptions, 'utilisation' | 'onChange'> {
  /** The list of devices, if there is one already; default: one that ends with the call. */
  readonly devices?: DeviceWatch;
  /** True if workers start programs, which need no executor on a card. */
  readonly forPrograms?: boolean;
}

/**
 * Time after which a driver that does not answer is not waited for, in milliseconds. Telling cards
 * of one model apart takes some seconds for each, once on a machine.
 */
const PATIENCE_MS = 60_000;
/** Most trials that such an adapter trains together. */
const SOFTWARE_LANES = 16;

/** Returns no cards where none works. Never rejects because of a card or its driver. */
export async function findCards(options: FindCardsOptions): Promise<readonly StartableDevice[]> {
  const software = options.env[FALLBACK_VARIABLE] === '1';
  if (await isWithoutCards()) return software ? softwareCards(options) : [];
  const cards =
    options.devices === undefined
      ? await lookOnce(options)
      : await listed(options.devices, options.forPrograms);
  return cards.length > 0 || !software ? cards : softwareCards(options);
}

async function lookOnce(options: FindCardsOptions): Promise<readonly StartableDevice[]> {
  const utilisation = watchUtilisation({ node: THIS_NODE });
  try {
    return await listed(watchThisMachine({ ...options, utilisation }), options.forPrograms);
  } finally {
    await utilisation.stop();
  }
}

async function listed(
  devices: DeviceWatch,
  forPrograms?: boolean,
): Promise<readonly StartableDevice[]> {
  const giveUp = new AbortController();
  const late = wait(PATIENCE_MS, 'late', { signal: giveUp.signal }).catch(() => 'late');
  const first = await Promise.race([devices.ready, late]);
  giveUp.abort();
  return first === 'late' ? [] : startableCards(devices.list(), forPrograms);
}

/** Returns whether the bus, which takes a millisecond to read, has no card. */
export async function isWithoutCards(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const bus = await pciCards('/sys');
  return bus !== null && bus.length === 0;
}

/** The software adapter as a card, for tests on machines without one. */
async function softwareCards({ execPath }: FindCardsOptions): Promise<readonly StartableDevice[]> {
  const { adapters } = await listAdapters(execPath === undefined ? {} : { execPath });
  const adapter = adapters.find(({ software }) => software);
  if (adapter === undefined) return [];
  const device = {
    id: 'gpu/0',
    kind: 'gpu',
    name: adapter.name,
    lanes: SOFTWARE_LANES,
    memoryBytes: memoryBytes(),
  } as const;
  const environment = { [FALLBACK_VARIABLE]: '1', [MEMORY_VARIABLE]: String(device.memoryBytes) };
  return [{ device, conditions: [], environment, command: [] }];
}
