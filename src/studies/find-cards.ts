/** Finds the graphics cards of this machine that get a worker each. */
import { setTimeout as wait } from 'node:timers/promises';
import { THIS_NODE } from '../core/device.ts';
import { startableCards } from '../node/devices/pin.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { watchDevices } from '../node/devices/watch-devices.ts';
import { watchUtilisation } from '../node/machine/utilisation.ts';
import { pciCards } from '../node/machine/utilisation/pci-cards.ts';
import { FALLBACK_VARIABLE, listAdapters } from '../runtime/gpu/adapters.ts';
import { memoryBytes } from '../runtime/cpu-device.ts';
import { lookAtDevices } from './look-at-devices.ts';
import type { LookOptions } from './look-at-devices.ts';

export interface FindCardsOptions extends LookOptions {
  readonly env: NodeJS.ProcessEnv;
}

/** Time after which a driver that does not answer is not waited for, in milliseconds. */
const PATIENCE_MS = 10_000;
/** Most trials that such an adapter trains together. */
const SOFTWARE_LANES = 16;

/** Returns no cards where none works. Never rejects because of a card or its driver. */
export async function findCards(options: FindCardsOptions): Promise<readonly StartableDevice[]> {
  const software = options.env[FALLBACK_VARIABLE] === '1';
  if (await isWithoutCards()) return software ? softwareCards(options) : [];
  const utilisation = watchUtilisation({ node: THIS_NODE, onSample: () => undefined });
  const giveUp = new AbortController();
  try {
    const devices = watchDevices({ utilisation, look: lookAtDevices(options) });
    const late = wait(PATIENCE_MS, 'late', { signal: giveUp.signal }).catch(() => 'late');
    if ((await Promise.race([devices.ready, late])) === 'late') return [];
    const cards = startableCards(devices.list());
    return cards.length > 0 || !software ? cards : await softwareCards(options);
  } finally {
    giveUp.abort();
    await utilisation.stop();
  }
}

/** Returns whether the bus, which takes a millisecond to read, has no card. */
async function isWithoutCards(): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  const bus = await pciCards('/sys');
  return bus !== null && bus.length === 0;
}

/** The software adapter as a card, for tests on machines without one. */
async function softwareCards({ execPath }: LookOptions): Promise<readonly StartableDevice[]> {
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
  return [{ device, environment: { [FALLBACK_VARIABLE]: '1' } }];
}
