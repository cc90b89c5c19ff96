/**
 * Reads how Linux gives access to a graphics card: the kernel driver bound to it and the device
 * files that programs open. Unknown on other systems.
 */
import { constants } from 'node:fs';
import { access, readFile, readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

export interface CardAccess {
  /** PCI vendor and device, `0x10de:0x2330`; null: unknown. */
  readonly pciId: string | null;
  /** Null: no driver is bound. */
  readonly kernelDriver: string | null;
  /** The first device file that cannot be opened; null: all can, or there is none. */
  readonly refused: { readonly path: string; readonly why: 'absent' | 'denied' } | null;
  /** Device files of this card alone: a process without them cannot use the card. */
  readonly files: readonly string[];
}

export interface SystemFiles {
  readonly sys?: string;
  readonly proc?: string;
  readonly dev?: string;
  /** Opens nothing: checks the permission to read and write. */
  readonly check?: (path: string) => Promise<void>;
}

/** @returns null where the card is not on this system's bus */
export async function cardAccess(
  address: string,
  { sys = '/sys', proc = '/proc', dev = '/dev', check = mayOpen }: SystemFiles = {},
): Promise<CardAccess | null> {
  const folder = join(sys, 'bus/pci/devices', address);
  const text = async (file: string): Promise<string> =>
    (await readFile(file, 'utf8').catch(() => '')).trim();
  const vendor = await text(join(folder, 'vendor'));
  if (vendor === '') return null;
  const device = await text(join(folder, 'device'));
  const kernelDriver = await readlink(join(folder, 'driver')).then(
    (target) => basename(target),
    () => null,
  );
  const drm = (await readdir(join(folder, 'drm')).catch(() => []))
    .filter((name) => /^(renderD|card)\d+$/.test(name))
    .sort();
  const nodes = drm.map((name) => join(dev, 'dri', name));
  const nvidia = kernelDriver === 'nvidia';
  const own = nvidia ? await nvidiaFiles(address, proc, dev) : [];
  const opened = nvidia
    ? [join(dev, 'nvidiactl'), ...own]
    : nodes.filter((path) => basename(path).startsWith('renderD'));
  return {
    pciId: device === '' ? null : `${vendor}:${device}`,
    kernelDriver,
    refused: await firstRefused(opened, check),
    files: [...own, ...nodes],
  };
}

async function nvidiaFiles(address: string, proc: string, dev: string): Promise<string[]> {
  const file = join(proc, 'driver/nvidia/gpus', address, 'information');
  const information = await readFile(file, 'utf8').catch(() => '');
  const minor = /^Device Minor:\s*(\d+)$/m.exec(information)?.[1];
  return minor === undefined ? [] : [join(dev, `nvidia${minor}`)];
}

async function firstRefused(
  paths: readonly string[],
  check: (path: string) => Promise<void>,
): Promise<CardAccess['refused']> {
  for (const path of paths) {
    try {
      await check(path);
    } catch (error) {
      const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
      return { path, why: absent ? 'absent' : 'denied' };
    }
  }
  return null;
}

function mayOpen(path: string): Promise<void> {
  return access(path, constants.R_OK | constants.W_OK);
}

const LAYER_FOLDERS = ['/usr/share', '/usr/local/share', '/etc'];

/** Returns whether Mesa's Vulkan layer that selects a card by its bus address is installed. */
export async function hasSelectLayer(root = '/'): Promise<boolean> {
  for (const folder of LAYER_FOLDERS) {
    const names = await readdir(join(root, folder, 'vulkan/implicit_layer.d')).catch(() => []);
    if (names.some((name) => /^VkLayer_MESA_device_select.*\.json$/.test(name))) return true;
  }
  return false;
}
