/**
 * Loads Dawn, the native WebGPU implementation of the package `webgpu`, on first use. For plain
 * Node processes only: Dawn ends an Electron process.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as webgpu from 'webgpu';

type Dawn = Pick<typeof webgpu, 'create'>;

/** A reason why there is no usable GPU, and what helps. */
export interface GpuObstacle {
  readonly reason: string;
  readonly remedy: string;
}

/**
 * URL from which a plain Node process imports the library; null: it is not installed.
 * @param library path of another module instead, for tests
 */
export function dawnUrl(library?: string): string | null {
  try {
    const path = library ?? createRequire(import.meta.url).resolve('webgpu');
    // Plain Node cannot read inside the packed archive.
    return pathToFileURL(path).href.replace('/app.asar/', '/app.asar.unpacked/');
  } catch {
    return null;
  }
}

let loading: Promise<Dawn> | undefined;
/** Instances by options. Kept for the life of the process: Dawn crashes if one is collected. */
const instances = new Map<string, GPU>();

/**
 * Returns Dawn's instance for these options.
 * @param options of Dawn, such as `adapter=<name>` and `enable-dawn-features=<names>`
 * @throws Error if the library cannot be loaded; `gpuObstacle` explains its message
 */
export async function dawnInstance(options: readonly string[] = []): Promise<GPU> {
  const { create } = await (loading ??= load());
  const key = options.join('\n');
  const known = instances.get(key) ?? create([...options]);
  instances.set(key, known);
  return known;
}

async function load(): Promise<Dawn> {
  try {
    return await import('webgpu');
  } catch (error) {
    // npm may have skipped the package's install script, which clears this mark.
    if (process.platform !== 'darwin' || !clearQuarantine()) throw error;
    return createRequire(import.meta.url)('webgpu') as Dawn;
  }
}

/** Removes the quarantine mark of macOS from the library. Returns whether there was one. */
function clearQuarantine(): boolean {
  try {
    const entry = createRequire(import.meta.url).resolve('webgpu');
    const library = join(entry, '..', 'dist', 'darwin-universal', 'dawn.node');
    execFileSync('xattr', ['-d', 'com.apple.quarantine', library], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const KNOWN: readonly (readonly [sign: RegExp, reason: string, remedy: string])[] = [
  [
    /GLIBC_[\d.]+' not found/,
    'the WebGPU library needs glibc 2.34 or later',
    'use Debian 12, Ubuntu 22.04, RHEL 9 or a later system',
  ],
  [
    /Cannot find (?:package|module) '(?:webgpu|[^']*webgpu[\\/]index\.js)'/,
    'the package webgpu is not installed',
    'run npm ci',
  ],
  [
    /Cannot find module '[^']*dawn\.node'/,
    `the package webgpu has no library for ${process.platform} on ${process.arch}`,
    'train on the CPU, or on another machine',
  ],
  [
    /Couldn't load Vulkan: libvulkan/,
    'the Vulkan loader (libvulkan.so.1) is absent',
    'install it: apt install libvulkan1 (Debian, Ubuntu), dnf install vulkan-loader (Fedora, RHEL)',
  ],
  [
    /Found no drivers|ERROR_INCOMPATIBLE_DRIVER/,
    'no Vulkan driver is installed',
    "install the card's driver: mesa-vulkan-drivers for AMD and Intel, the NVIDIA driver for NVIDIA",
  ],
];

/**
 * Explains why there is no adapter.
 * @param said what Dawn wrote or threw; may be empty
 */
export function gpuObstacle(said: string): GpuObstacle {
  for (const [sign, reason, remedy] of KNOWN) if (sign.test(said)) return { reason, remedy };
  const [line = ''] = said.split('\n').filter((each) => each.trim() !== '');
  return {
    reason: line === '' ? 'no graphics adapter was found' : `no adapter: ${line.trim()}`,
    remedy: "install or update the graphics card's driver",
  };
}
