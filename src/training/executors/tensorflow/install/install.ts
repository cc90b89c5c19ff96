/**
 * Installs the `tensorflow` executor in a folder: libraries from a wheel, tfjs-node from npm, and
 * its binding. The installation is built beside the folder and renamed; the previous one is kept
 * until the new one has been loaded successfully.
 */
import { at } from '../../../../core/at.ts';
import { isRunning } from '../../../../runtime/process-running.ts';
import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  BINDING_PACKAGES,
  INSTALLATION_FILE,
  packageFiles,
  type BindingPackage,
  type Installation,
} from '../installation.ts';
import { makeBinding } from './binding-build.ts';
import { pinned } from './cuda-libraries.ts';
import { during, InstallationFailed, STEPS, type StepName } from './failure.ts';
import { parseRequirement } from './python-index.ts';
import { runProgram } from './run-program.ts';
import { openWheel, takeOut, type Wheel } from './wheel.ts';
import {
  namedWheel,
  obtainWheel,
  type Obtained,
  type Progress,
  type WheelSource,
} from './wheel-source.ts';

/** Version that was measured and is tested. */
const TENSORFLOW = '2.20.0';
const TFJS = '4.22.0';
const NODE_API_HEADERS = '1.9.0';
const ROOM = { processor: 2.5e9, cuda: 12e9 };
/** Folder for libraries and headers until npm has created the package's folder. */
const DEPENDENCIES = 'deps';
const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

export interface InstallOptions {
  /** Target folder. */
  readonly folder: string;
  /** Folder for downloads until the installation is complete. */
  readonly downloads: string;
  readonly cuda: boolean;
  /** Path of a wheel of tensorflow or tensorflow-cpu; undefined: download one. */
  readonly wheel?: string | undefined;
  /** URL of PyPI's JSON interface or of a mirror. */
  readonly index: string;
  /** Path of `resources/`, which contains the prebuilt binding. */
  readonly resources: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Path of the Node executable that loads the binding once as a check. */
  readonly node: string;
  readonly platform: string;
  readonly arch: string;
  readonly signal: AbortSignal;
  onStep(step: StepName, text: string, number: number, of: number): void;
  onProgress: Progress;
}

export interface Installed extends Installation {
  readonly folder: string;
  readonly librariesBy: Obtained['by'];
}

/**
 * Installs the executor. No partial installation is left after an error.
 * @throws InstallationFailed; the signal's reason if it was cancelled
 */
export async function installTensorflow(options: InstallOptions): Promise<Installed> {
  const { folder, downloads, signal } = options;
  const staging = `${folder}.part-${String(process.pid)}`;
  const name = options.cuda ? BINDING_PACKAGES.cuda : BINDING_PACKAGES.cpu;
  const names = Object.keys(STEPS) as StepName[];
  const step = <T>(each: StepName, work: () => Promise<T>): Promise<T> => {
    options.onStep(each, STEPS[each], names.indexOf(each) + 1, names.length);
    return during(each, signal, work);
  };
  try {
    await step('room', () => makeRoom(options, staging));
    const librariesBy = await step('libraries', () => libraries(options, staging));
    await step('package', () => tfjsNode(options, name, staging));
    const binding = await step('binding', () => {
      const shipped = join(
        options.resources,
        'tensorflow',
        `tfjs_binding-linux-${options.arch}.node`,
      );
      return makeBinding(staging, name, shipped, options, options.onProgress);
    });
    const tensorflow = await step('check', () => loadOnce(options, name, staging));
    const installation: Installation = {
      format: 'galapagos-tensorflow/1',
      tensorflow,
      package: name,
      tfjs: TFJS,
      cuda: options.cuda,
      binding,
    };
    await step('place', () => place(staging, folder, installation));
    await rm(downloads, { recursive: true, force: true });
    return { ...installation, folder, librariesBy };
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** @returns whether an installation existed */
export async function removeTensorflow(folder: string, downloads: string): Promise<boolean> {
  const there = existsSync(folder) || existsSync(downloads);
  await rm(folder, { recursive: true, force: true });
  await rm(downloads, { recursive: true, force: true });
  return there;
}

async function makeRoom(
  { folder, cuda, platform, arch }: InstallOptions,
  staging: string,
): Promise<void> {
  if (platform !== 'linux' || !(cuda ? ['x64'] : ['x64', 'arm64']).includes(arch)) {
    throw new InstallationFailed('room', {
      expected: cuda
        ? 'Linux on x64, which TensorFlow has CUDA libraries for'
        : 'Linux on x64 or arm64',
      found: `${platform} on ${arch}`,
      remedy: 'use the wasm executor, which runs everywhere',
    });
  }
  const parent = dirname(folder);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  removeAbandoned(parent, `${basename(folder)}.part-`);
  const needed = cuda ? ROOM.cuda : ROOM.processor;
  const { bavail, bsize } = statfsSync(parent);
  if (bavail * bsize < needed) {
    throw new InstallationFailed('room', {
      expected: `${gigabytes(needed)} free in ${parent}`,
      found: gigabytes(bavail * bsize),
      remedy: 'make room, or set GALAPAGOS_HOME to a folder on another disk',
    });
  }
  await mkdir(staging, { recursive: true });
}

/** Removes the remains of an installation whose process has ended. */
function removeAbandoned(parent: string, stem: string): void {
  for (const name of readdirSync(parent)) {
    if (!name.startsWith(stem) || isRunning(Number(name.slice(stem.length)))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

async function libraries(options: InstallOptions, staging: string): Promise<Obtained['by']> {
  const { cuda, arch, signal, onProgress } = options;
  const source: WheelSource = options;
  const name = cuda || arch !== 'x64' ? 'tensorflow' : 'tensorflow-cpu';
  const { file, by } =
    options.wheel === undefined
      ? await obtainWheel(parseRequirement(`${name}==${TENSORFLOW}`), source, options, onProgress)
      : namedWheel(options.wheel);
  const wheel = await usable(file, cuda, signal);
  onProgress(`unpacking ${basename(file)}`);
  await damaged(file, () =>
    takeOut(
      wheel,
      (path) => wanted(path),
      staging,
      signal,
      (done, total) => {
        onProgress('unpacking', done, total);
      },
    ),
  );
  for (const [link, target] of [
    ['libtensorflow.so', at(LIBRARIES, 0)],
    ['libtensorflow_framework.so', at(LIBRARIES, 1)],
  ] as const) {
    symlinkSync(target, join(staging, DEPENDENCIES, 'lib', link));
  }
  if (cuda) await cudaLibraries(wheel, options, join(staging, DEPENDENCIES));
  return by;
}

/**
 * Installs the CUDA runtime libraries that the wheel requires in the folder `lib`, in which
 * TensorFlow searches for them, and the assembler with its device library in the folder `cuda`.
 */
async function cudaLibraries(wheel: Wheel, options: InstallOptions, folder: string): Promise<void> {
  const asked = wheel.requirements.filter((text) => /extra\s*==\s*["']and-cuda["']/.test(text));
  for (const text of asked) {
    const { file } = await obtainWheel(
      pinned(parseRequirement(text)),
      options,
      options,
      options.onProgress,
    );
    const part = await openWheel(file, options.signal);
    options.onProgress(`unpacking ${basename(file)}`);
    await damaged(file, () => takeOut(part, placeOfCuda, folder, options.signal));
  }
  const assembler = join(folder, 'cuda', 'bin', 'ptxas');
  if (existsSync(assembler)) await chmod(assembler, 0o755);
}

/** Place of a file of CUDA's wheels in the installation; undefined: not needed. */
function placeOfCuda(path: string): string | undefined {
  const library = /^nvidia\/[^/]+\/lib\/([^/]+\.so[.\d]*)$/.exec(path)?.[1];
  if (library !== undefined) return join('lib', library);
  const tool = /^nvidia\/cuda_nvcc\/(bin\/ptxas|nvvm\/libdevice\/[^/]+)$/.exec(path)?.[1];
  return tool === undefined ? undefined : join('cuda', tool);
}

async function usable(file: string, cuda: boolean, signal: AbortSignal): Promise<Wheel> {
  const wheel = await damaged(file, () => openWheel(file, signal));
  const lacking = LIBRARIES.find(
    (library) => !wheel.entries.some(({ name }) => name === `tensorflow/${library}`),
  );
  if (
    lacking !== undefined ||
    !(cuda ? ['tensorflow'] : ['tensorflow', 'tensorflow-cpu']).includes(wheel.name)
  ) {
    throw new InstallationFailed('libraries', {
      expected: cuda
        ? 'a wheel of tensorflow for Linux, which has CUDA'
        : 'a wheel of tensorflow or tensorflow-cpu for Linux',
      found: `${basename(file)}, which is ${wheel.name} ${wheel.version}${lacking === undefined ? '' : ` and has no ${lacking}`}`,
      remedy: `take one from https://pypi.org/project/${cuda ? 'tensorflow' : 'tensorflow-cpu'}/${TENSORFLOW}/#files`,
    });
  }
  return wheel;
}

/** Deletes a wheel that cannot be read, so that the next attempt downloads it again. */
async function damaged<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (
      error instanceof InstallationFailed ||
      (error instanceof Error && ('code' in error || error.name === 'AbortError'))
    )
      throw error;
    throw new InstallationFailed(
      'libraries',
      {
        expected: `${basename(file)} whole`,
        found: error instanceof Error ? error.message : String(error),
        remedy: 'delete that file and try again',
      },
      error,
    );
  }
}

/**
 * Target path of a wheel's file if it is needed: the libraries, and the headers that the binding
 * includes.
 */
function wanted(path: string): string | undefined {
  const [, library] = /^tensorflow\/([^/]+\.so\.2)$/.exec(path) ?? [];
  if (library !== undefined)
    return LIBRARIES.includes(library) ? join(DEPENDENCIES, 'lib', library) : undefined;
  const [, header] =
    /^tensorflow\/(include\/(?:tensorflow\/(?:c|core\/platform|tsl)|tsl|xla\/tsl)\/.+\.h)$/.exec(
      path,
    ) ?? [];
  return header === undefined ? undefined : join(DEPENDENCIES, header);
}

async function tfjsNode(
  { env, signal, onProgress }: InstallOptions,
  name: BindingPackage,
  staging: string,
): Promise<void> {
  writeFileSync(join(staging, 'package.json'), '{"private":true}\n');
  const packages = [`${name}@${TFJS}`, `node-api-headers@${NODE_API_HEADERS}`];
  onProgress(`npm install ${packages.join(' ')}`);
  const args = [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--no-progress',
    '--loglevel=error',
    ...packages,
  ];
  const { code, absent, lastWords } = await runProgram('npm', args, { cwd: staging, env, signal });
  const { folder } = packageFiles(name);
  const manifest = join(staging, folder, 'package.json');
  const version = existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version?: unknown }).version
    : undefined;
  if (code !== 0 || version !== TFJS) {
    throw new InstallationFailed('package', {
      expected: packages.join(' and '),
      found: absent
        ? 'no npm'
        : code === 0
          ? `version ${JSON.stringify(version)}`
          : `npm: ${lastWords === '' ? `exit code ${String(code)}` : lastWords}`,
      remedy: absent
        ? 'install npm, which comes with Node, or put it in PATH'
        : 'check that npm can reach its registry, then try again',
    });
  }
  await rename(join(staging, DEPENDENCIES), join(staging, folder, 'deps'));
}

/** Loads the binding in a separate process and runs a computation. */
async function loadOnce(
  { env, node, signal, onProgress }: InstallOptions,
  name: BindingPackage,
  staging: string,
): Promise<string> {
  const script = `
    const binding = require(process.argv[1]);
    const id = binding.createTensor([2, 2], binding.TF_FLOAT, new Float32Array([1, 2, 3, 4]));
    const [product] = binding.executeOp('MatMul', [{ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT }], [id, id], 1);
    process.stdout.write(JSON.stringify({ version: binding.TF_Version, values: [...binding.tensorDataSync(product.id)] }));`;
  onProgress('loading it in a separate process');
  const child = { env: { ...env, TF_CPP_MIN_LOG_LEVEL: '2' }, signal };
  const { code, stdout, lastWords } = await runProgram(
    node,
    ['-e', script, join(staging, packageFiles(name).binding)],
    child,
  );
  const [, version] = /^\{"version":"([^"]+)","values":\[7,10,15,22\]\}/.exec(stdout) ?? [];
  if (code === 0 && version !== undefined) return version;
  throw new InstallationFailed('check', {
    expected: 'a binding that loads and multiplies matrices',
    found: lastWords === '' ? `exit code ${String(code)}` : lastWords,
    remedy:
      'check whether the wheel requires a newer system (glibc, processor); --wheel FILE installs another version',
  });
}

async function place(staging: string, folder: string, installation: Installation): Promise<void> {
  const { folder: inside, binding, libraries: needed } = packageFiles(installation.package);
  await rm(join(staging, inside, 'deps', 'include'), { recursive: true, force: true });
  const lacking = [binding, ...needed].find((file) => !existsSync(join(staging, file)));
  if (lacking !== undefined) throw new Error(`${lacking} does not exist`);
  writeFileSync(join(staging, INSTALLATION_FILE), `${JSON.stringify(installation, null, 2)}\n`);
  const old = `${folder}.part-${String(process.pid)}-old`;
  if (existsSync(folder)) await rename(folder, old);
  try {
    await rename(staging, folder);
  } catch (error) {
    if (existsSync(old)) await rename(old, folder);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
