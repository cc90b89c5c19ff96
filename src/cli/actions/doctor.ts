/**
 * Checks this machine for all requirements of Galapagos and suggests a remedy for each problem.
 * Changes nothing.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundledFolder } from '../../datasets/places.ts';
import { machine, takeInventory } from '../../node/machine/machine.ts';
import type { GpuInventory } from '../../node/machine/machine.ts';
import type { DoctorCheck as Check } from '../../protocol/cli-output.ts';
import { modeForOthers } from '../../runtime/owner-only.ts';
import { userFolder } from '../../runtime/user-folder.ts';
import { tryInstallation } from '../../training/executors/tensorflow/try-installation.ts';
import { WasmExecutor } from '../../training/executors/wasm/wasm.ts';
import { sharing } from './doctor-sharing.ts';

const OLDEST_NODE = [20, 19] as const;
const LITTLE_MEMORY = 2 ** 30;
const LITTLE_DISK = 2 ** 30;
const LOADING_MS = 15_000;
const DATASET = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];

export interface DoctorPaths {
  readonly resources: string;
  /** Default folder of the lab file. */
  readonly cwd: string;
}

/** Runs all checks, in the order of display. */
export async function examine({ resources, cwd }: DoctorPaths): Promise<Check[]> {
  const { node, cores, cpuModel, memoryBytes, freeMemoryBytes } = machine();
  const [storage, transport, inventory] = await Promise.all([
    library('libsql', 'the lab file'),
    library('zeromq', 'workers'),
    takeInventory(),
  ]);
  return [
    nodeVersion(node),
    ok(
      'processor',
      `${cores} ${cores === 1 ? 'core' : 'cores'}${cpuModel === null ? '' : `, ${cpuModel}`}`,
    ),
    memory(memoryBytes, freeMemoryBytes),
    await simd(),
    storage,
    transport,
    dataset(resources),
    writable(
      'folder for the lab file',
      cwd,
      'change to a folder that you can write to, or set --lab',
    ),
    closed(
      '700',
      writable('user folder', userFolder(), 'set GALAPAGOS_HOME to a folder that you can write to'),
      userFolder(),
    ),
    disk(cwd),
    ...(await labFile(join(cwd, 'lab.db'), storage)),
    await sharing(),
    graphics(inventory.graphics),
    await tensorflow(),
    electron(),
    ok(
      'Python',
      'not needed, except by studies of Python scripts: galapagos doctor STUDY checks those',
    ),
  ];
}

async function simd(): Promise<Check> {
  const usable = await new WasmExecutor().probe();
  if (!usable.usable)
    return missing('WebAssembly SIMD', usable.reason, `required for training: ${usable.remedy}`);
  if (usable.label === 'wasm-fma')
    return ok('WebAssembly SIMD', 'available, with fused multiply-add');
  return ok(
    'WebAssembly SIMD',
    'available; Node 22 or newer may support fused multiply-add, which is faster',
  );
}

export function nodeVersion(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [least, leastMinor] = OLDEST_NODE;
  if (major > least || (major === least && minor >= leastMinor)) return ok('Node', version);
  return missing(
    'Node',
    version,
    `Galapagos needs ${OLDEST_NODE.join('.')} or newer: https://nodejs.org`,
  );
}

function memory(total: number, free: number): Check {
  const found = `${gigabytes(total)} GB, ${gigabytes(free)} GB free`;
  return free >= LITTLE_MEMORY
    ? ok('memory', found)
    : optional('memory', found, 'close other programs, or use fewer --workers');
}

/** Loads a native library in a child process, so that a crash becomes a finding. */
function library(name: string, needed: string): Promise<Check> {
  const reinstall = `required for ${needed}: run npm ci`;
  const path = resolved(name);
  if (path === null) return Promise.resolve(missing(name, 'not installed', reinstall));
  const script = `await import(${JSON.stringify(pathToFileURL(path).href)}); process.exit(0)`;
  return new Promise((done) => {
    execFile(
      process.execPath,
      ['--input-type=module', '-e', script],
      { timeout: LOADING_MS, windowsHide: true },
      (error, _, stderr) => {
        const reason = /^\w*Error.*$/m.exec(stderr)?.[0] ?? error?.message ?? '';
        done(
          error === null ? ok(name, 'loads') : missing(name, `does not load: ${reason}`, reinstall),
        );
      },
    );
  });
}

function dataset(resources: string): Check {
  const folder = bundledFolder(resources, 'mnist');
  const lacking = DATASET.filter(
    (file) => !existsSync(join(folder, file)) && !existsSync(join(folder, `${file}.gz`)),
  );
  if (lacking.length === 0) return ok('MNIST', folder);
  return missing(
    'MNIST',
    `${lacking.join(', ')} not in ${folder}`,
    'these files are part of Galapagos: install it again',
  );
}

function writable(name: string, folder: string, remedy: string): Check {
  let existing = folder;
  while (!existsSync(existing) && dirname(existing) !== existing) existing = dirname(existing);
  try {
    accessSync(existing, constants.W_OK);
    return ok(name, folder);
  } catch {
    return missing(name, `no permission to write to ${folder}`, remedy);
  }
}

/** Returns the check, unless other users of this machine can open the path. */
function closed(wanted: '600' | '700', check: Check, path: string): Check {
  const mode = modeForOthers(path);
  if (check.state !== 'ok' || mode === null) return check;
  return optional(
    check.name,
    `${path} can be opened by other users of this machine (mode ${mode})`,
    `run chmod ${wanted} '${path}'`,
  );
}

function disk(folder: string): Check {
  try {
    const { bavail, bsize } = statfsSync(folder);
    const free = bavail * bsize;
    const found = `${gigabytes(free)} GB free`;
    return free >= LITTLE_DISK
      ? ok('disk', found)
      : optional(
          'disk',
          found,
          'free some space for long studies: a lab file grows by about 1 kB per trial',
        );
  } catch (error) {
    return optional(
      'disk',
      `unknown: ${error instanceof Error ? error.message : String(error)}`,
      'make sure that the lab file has enough space',
    );
  }
}

/** Returns no checks if there is no lab file, or if the library that reads it is missing. */
async function labFile(file: string, { state }: Check): Promise<Check[]> {
  if (state !== 'ok' || !existsSync(file)) return [];
  const remedy =
    'run galapagos check to list the problems; copy the file before you continue its studies';
  try {
    // Loaded here, so that a machine without the library can still be examined.
    const { checkLab } = await import('../../storage/check-lab.ts');
    const { length } = checkLab(file);
    return [
      length === 0
        ? closed('600', ok('lab file', `${file}, no problems found`), file)
        : optional('lab file', `${file}: ${length} problems`, remedy),
    ];
  } catch (error) {
    return [optional('lab file', error instanceof Error ? error.message : String(error), remedy)];
  }
}

function graphics(inventory: GpuInventory): Check {
  const later = 'not needed: training also runs on the CPU; galapagos devices shows more';
  if (!inventory.known) return optional('graphics cards', `unknown: ${inventory.reason}`, later);
  const names = inventory.gpus.map(
    ({ vendor, model, vram }) => `${vendor} ${model}${vram === null ? '' : ` (${vram} MB)`}`,
  );
  return names.length === 0
    ? optional('graphics cards', 'none found', later)
    : ok('graphics cards', names.join(', '));
}

async function tensorflow(): Promise<Check> {
  const folder = process.env['GALAPAGOS_TENSORFLOW'] ?? join(userFolder(), 'tensorflow');
  const remedy = 'needed only by the tensorflow executor: run galapagos backend install tensorflow';
  const tried = await tryInstallation({ folder, timeoutMs: LOADING_MS });
  if (tried.state !== 'works') return optional('TensorFlow', tried.reason, remedy);
  const { version, cuda, findsCard } = tried;
  if (cuda && !findsCard)
    return optional(
      'TensorFlow',
      `${version} with CUDA, but it finds no GPU`,
      'check the NVIDIA driver with nvidia-smi',
    );
  return ok('TensorFlow', `${version} on the ${findsCard ? 'card' : 'processor'}, in ${folder}`);
}

function electron(): Check {
  const needed = 'needed only by the desktop app: run npx install-electron';
  const manifest = resolved('electron/package.json');
  if (manifest === null)
    return optional('Electron', 'not installed', 'needed only by the desktop app: run npm ci');
  const pointer = join(dirname(manifest), 'path.txt');
  const binary = existsSync(pointer)
    ? join(dirname(manifest), 'dist', readFileSync(pointer, 'utf8').trim())
    : null;
  return binary !== null && existsSync(binary)
    ? ok('Electron', binary)
    : optional('Electron', 'its binary has not been downloaded', needed);
}

function resolved(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return null;
  }
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(1);
}

function ok(name: string, found: string): Check {
  return { name, state: 'ok', found, remedy: null };
}

function missing(name: string, found: string, remedy: string): Check {
  return { name, state: 'missing', found, remedy };
}

function optional(name: string, found: string, remedy: string): Check {
  return { name, state: 'optional', found, remedy };
}
