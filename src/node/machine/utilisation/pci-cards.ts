/**
 * Graphics cards on Linux's PCI bus, read from `/sys`. Works without a driver and without `lspci`.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

export interface PciCard {
  readonly address: string;
  readonly vendor: 'NVIDIA' | 'AMD' | 'Intel';
  /** Its folder in `/sys`. */
  readonly folder: string;
}

/**
 * PCI vendors whose cards can compute. Display adapters of server boards and virtual machines are
 * not among them.
 */
const VENDORS: Readonly<Record<string, PciCard['vendor']>> = {
  '0x10de': 'NVIDIA',
  '0x1002': 'AMD',
  '0x8086': 'Intel',
};
const DISPLAY = '0x03';

/** Cards by address. Null: there is no PCI bus. */
export async function pciCards(sys = '/sys'): Promise<readonly PciCard[] | null> {
  const bus = join(sys, 'bus/pci/devices');
  const addresses = await readdir(bus).catch(() => null);
  if (addresses === null) return null;
  const found = await Promise.all(
    addresses.sort().map(async (address): Promise<PciCard | null> => {
      const folder = join(bus, address);
      const [kind, maker] = await Promise.all(
        ['class', 'vendor'].map(async (name) =>
          (await readFile(join(folder, name), 'utf8').catch(() => '')).trim(),
        ),
      );
      const vendor = VENDORS[maker ?? ''];
      return vendor === undefined || kind?.startsWith(DISPLAY) !== true
        ? null
        : { address, vendor, folder };
    }),
  );
  return found.filter((card) => card !== null);
}
