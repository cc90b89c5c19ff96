/**
 * Installation with fake programs, wheels and an index on loopback: every outcome and the remaining
 * files.
 */
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  findInstallation,
  packageFiles,
} from '../../../src/training/executors/tensorflow/installation.ts';
import {
  during,
  InstallationFailed,
} from '../../../src/training/executors/tensorflow/install/failure.ts';
import {
  installTensorflow,
  removeTensorflow,
  type InstallOptions,
} from '../../../src/training/executors/tensorflow/install/install.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';
import { isAlive } from '../../support/worker-command.ts';
import { wheel, WHEEL_NAME } from './made-up-wheel.ts';

const CPU = packageFiles('@tensorflow/tfjs-node');
const CUDA = packageFiles('@tensorflow/tfjs-node-gpu');
const NOWHERE = 'http://127.0.0.1:1/pypi';

/** Behaviour of the fake programs: body of a script with `args`, `fs` and `path`. */
const PROGRAMS = {
  python3: `
    if (args.includes('--version')) process.exit(0);
    const to = args[args.indexOf('--dest') + 1];
    fs.copyFileSync(process.env.WHEEL, path.join(to, ${JSON.stringify(WHEEL_NAME)}));`,
  npm: `
    const put = (name, version) => {
      fs.mkdirSync('node_modules/' + name + '/binding', { recursive: true });
      fs.writeFileSync('node_modules/' + name + '/package.json', JSON.stringify({ name, version }));
    };
    if (!args.includes('--ignore-scripts')) throw new Error('scripts would run');
    put(args.find((each) => each.startsWith('@tensorflow/')).replace(/@4\\.22\\.0$/, ''), '4.22.0');
    put('node-api-headers', '1.9.0');`,
  'g++': `
    if (!fs.existsSync('deps/include/tensorflow/c/c_api.h') || !fs.existsSync('deps/lib/libtensorflow.so')) throw new Error('no header');
    fs.writeFileSync(args[args.indexOf('-o') + 1], 'a binding');`,
  node: `process.stdout.write(JSON.stringify({ version: '2.20.0', values: [7, 10, 15, 22] }));`,
} as const;

let folder: TemporaryFolder;
let server: Server | undefined;

beforeEach(() => {
  folder = temporaryFolder();
  mkdirSync(folder.file('bin'));
  for (const [name, body] of Object.entries(PROGRAMS)) program(name, body);
  writeFileSync(folder.file('wheel'), wheel());
});

afterEach(() => {
  server?.close();
  server?.closeAllConnections();
  server = undefined;
  folder.remove();
});

function program(name: string, body: string): void {
  const script = `#!${process.execPath}\nconst args = process.argv.slice(2), fs = require('node:fs'), path = require('node:path');\n${body}\n`;
  writeFileSync(folder.file(join('bin', name)), script, { mode: 0o755 });
}

/** Removes programs from PATH, which contains nothing else. */
function without(...names: string[]): void {
  for (const name of names) rmSync(folder.file(join('bin', name)));
}

function options(more: Partial<InstallOptions> = {}): InstallOptions {
  return {
    folder: folder.file('home/tensorflow'),
    downloads: folder.file('home/downloads'),
    cuda: false,
    index: NOWHERE,
    resources: folder.file('resources'),
    env: { PATH: folder.file('bin'), WHEEL: folder.file('wheel') },
    node: folder.file('bin/node'),
    platform: 'linux',
    arch: 'x64',
    signal: new AbortController().signal,
    onStep: () => undefined,
    onProgress: () => undefined,
    ...more,
  };
}

/** Returns the failure, and checks that only earlier files and downloads remain. */
async function failure(
  more: Partial<InstallOptions> = {},
  left: readonly string[] = [],
): Promise<InstallationFailed> {
  const error = await installTensorflow(options(more)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof InstallationFailed))
    throw new Error(`expected a failed installation, found ${String(error)}`);
  const there = existsSync(folder.file('home')) ? readdirSync(folder.file('home')) : [];
  expect(there.filter((name) => name !== 'downloads').sort()).toEqual([...left].sort());
  expect(error.message).toContain('No partial installation was left.');
  return error;
}

interface Index {
  readonly address: string;
  /** Range headers of the requests for the file. */
  readonly ranges: (string | undefined)[];
}

/** @param send answers a request for the file; default: the whole file */
async function index(
  bytes: Buffer,
  send?: RequestListener,
  sha256 = createHash('sha256').update(bytes).digest('hex'),
): Promise<Index> {
  const ranges: (string | undefined)[] = [];
  const file = {
    filename: WHEEL_NAME,
    url: `../../files/${WHEEL_NAME}`,
    size: bytes.length,
    digests: { sha256 },
  };
  const other = { ...file, filename: 'tensorflow_cpu-2.20.0-cp311-cp311-win_amd64.whl' };
  const made = createServer((request, response) => {
    if (request.url === '/pypi/tensorflow-cpu/json') {
      response.end(
        JSON.stringify({
          releases: { '2.19.0': [file], '2.20.0': [other, file], '2.21.0rc1': [file] },
        }),
      );
      return;
    }
    ranges.push(request.headers.range);
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (send !== undefined) send(request, response);
    else response.writeHead(from > 0 ? 206 : 200).end(bytes.subarray(from));
  });
  server = made;
  await new Promise<void>((listening) => made.listen(0, '127.0.0.1', listening));
  return {
    address: `http://127.0.0.1:${String((made.address() as AddressInfo).port)}/pypi`,
    ranges,
  };
}

describe('Installation of TensorFlow', () => {
  it('contains everything after pip and the compiler succeed, and nothing else', async () => {
    const steps: string[] = [];
    const installed = await installTensorflow(
      options({
        onStep: (name, _, number, of) => steps.push(`${String(number)}/${String(of)} ${name}`),
      }),
    );
    expect(installed).toMatchObject({
      tensorflow: '2.20.0',
      tfjs: '4.22.0',
      cuda: false,
      binding: 'compiled',
      librariesBy: 'pip',
    });
    expect(steps).toEqual([
      '1/6 room',
      '2/6 libraries',
      '3/6 package',
      '4/6 binding',
      '5/6 check',
      '6/6 place',
    ]);
    expect(readdirSync(folder.file('home'))).toEqual(['tensorflow']);
    const found = findInstallation(installed.folder);
    expect(found).toMatchObject({ installation: { tensorflow: '2.20.0', binding: 'compiled' } });
    expect(CPU.libraries.map((file) => readFileSync(join(installed.folder, file), 'utf8'))).toEqual(
      ['the library', 'the framework'],
    );
    expect(existsSync(join(installed.folder, CPU.libraries[0] ?? '', '..', '..', 'include'))).toBe(
      false,
    );
  });

  it('replaces an older one only once it works', async () => {
    await installTensorflow(options());
    const marker = folder.file('home/tensorflow/marker');
    writeFileSync(marker, '');
    program('node', 'process.exit(1)');
    await failure({}, ['tensorflow']);
    expect(existsSync(marker)).toBe(true);
    program('node', PROGRAMS.node);
    await installTensorflow(options());
    expect(existsSync(marker)).toBe(false);
    expect(readdirSync(folder.file('home'))).toEqual(['tensorflow']);
  });

  it('removes the remains of a killed one, and is removed completely', async () => {
    mkdirSync(folder.file('home/tensorflow.part-999999999'), { recursive: true });
    await installTensorflow(options());
    expect(readdirSync(folder.file('home'))).toEqual(['tensorflow']);
    expect(
      await removeTensorflow(folder.file('home/tensorflow'), folder.file('home/downloads')),
    ).toBe(true);
    expect(readdirSync(folder.file('home'))).toEqual([]);
    expect(
      await removeTensorflow(folder.file('home/tensorflow'), folder.file('home/downloads')),
    ).toBe(false);
  });

  it('is refused on other systems than Linux', async () => {
    expect(await failure({ platform: 'darwin', arch: 'arm64' })).toMatchObject({
      step: 'room',
      data: { expected: 'Linux on x64 or arm64', found: 'darwin on arm64' },
    });
    expect(await failure({ arch: 'arm64', cuda: true })).toMatchObject({
      step: 'room',
      data: { found: 'linux on arm64' },
    });
  });
});

describe('Installation: libraries', () => {
  it('come from the index without Python, the newest matching release, verified', async () => {
    without('python3');
    const { address, ranges } = await index(wheel());
    expect(await installTensorflow(options({ index: address }))).toMatchObject({
      librariesBy: 'index',
      tensorflow: '2.20.0',
    });
    expect(ranges).toEqual([undefined]);
  });

  it('come from the index if pip fails', async () => {
    program(
      'python3',
      "if (args.includes('--version')) process.exit(0); console.error('no such release'); process.exit(1);",
    );
    const { address } = await index(wheel());
    expect(await installTensorflow(options({ index: address }))).toMatchObject({
      librariesBy: 'index',
    });
  });

  it('are downloaded further after an interruption', async () => {
    without('python3');
    const bytes = wheel();
    const half = Math.floor(bytes.length / 2);
    const part = folder.file(`home/downloads/${WHEEL_NAME}.part`);
    const broken = await index(bytes, (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, half));
      const arrived = (): number => (existsSync(part) ? statSync(part).size : 0);
      void expect
        .poll(arrived)
        .toBe(half)
        .then(() => response.destroy());
    });
    expect(await failure({ index: broken.address })).toMatchObject({ step: 'libraries' });
    expect(readFileSync(part)).toEqual(bytes.subarray(0, half));
    server?.close();
    const { address, ranges } = await index(bytes);
    expect(await installTensorflow(options({ index: address }))).toMatchObject({
      librariesBy: 'index',
    });
    expect(ranges).toEqual([`bytes=${String(half)}-`]);
  });

  it('are deleted if damaged, with the expected and the actual hash', async () => {
    without('python3');
    const { address } = await index(wheel(), undefined, 'a'.repeat(64));
    const error = await failure({ index: address });
    expect(error.message).toMatch(/came damaged: expected SHA-256 a{64}, found [0-9a-f]{64}/);
    expect(readdirSync(folder.file('home/downloads'))).toEqual([]);
  });

  it('fail without a network, with the errors of pip and the index and what to do', async () => {
    program(
      'python3',
      "if (args.includes('--version')) process.exit(0); console.error('cannot reach anything'); process.exit(1);",
    );
    const error = await failure();
    expect(error.step).toBe('libraries');
    expect(error.message).toContain(
      'expected tensorflow-cpu==2.20.0 from pip or http://127.0.0.1:1/pypi',
    );
    expect(error.message).toContain(
      'pip (python3): cannot reach anything; http://127.0.0.1:1/pypi/tensorflow-cpu/json cannot be reached',
    );
    expect(error.message).toContain('as --wheel FILE');
  });

  it('are refused from an address without https', async () => {
    without('python3');
    expect((await failure({ index: 'http://example.org/pypi' })).message).toContain(
      'expected an address with https',
    );
  });

  it('can come from a local wheel', async () => {
    without('python3');
    expect(await installTensorflow(options({ wheel: folder.file('wheel') }))).toMatchObject({
      librariesBy: 'file',
    });
  });

  it.each([
    ['is not there', undefined, {}, 'no such file'],
    [
      'is no archive',
      Buffer.from('not a wheel'),
      {},
      "offset 11: expected the zip's directory at its end, found none",
    ],
    [
      'was cut short',
      wheel().subarray(0, 300),
      {},
      "offset 300: expected the zip's directory at its end, found none",
    ],
    ['is another package', wheel({ name: 'numpy' }), {}, 'which is numpy 2.20.0'],
    [
      'is for another system',
      wheel({ files: [['tensorflow/tensorflow_cc.dll', 'x']] }),
      {},
      'has no libtensorflow_cc.so.2',
    ],
    ['has no CUDA where CUDA is wanted', wheel(), { cuda: true }, 'which is tensorflow-cpu 2.20.0'],
    [
      'is damaged inside',
      wheel({ damaged: ['tensorflow/libtensorflow_framework.so.2'] }),
      {},
      /libtensorflow_framework\.so\.2 is damaged: expected SHA-256 [\w-]{43}, found [\w-]{43}/,
    ],
  ] as const)('are refused from a wheel that %s', async (_, bytes, more, found) => {
    const file = folder.file('named.whl');
    if (bytes !== undefined) writeFileSync(file, bytes);
    const error = await failure({ wheel: file, ...more });
    expect(error.step).toBe('libraries');
    expect(error.data['found']).toMatch(
      found instanceof RegExp ? found : new RegExp(found.replaceAll('.', '\\.')),
    );
  });

  it('with CUDA include the assembler that XLA needs, with its device library', async () => {
    const requirements = ['nvidia-cuda-nvcc-cu12>=12.5; extra == "and-cuda"'];
    writeFileSync(folder.file('cuda.whl'), wheel({ name: 'tensorflow', requirements }));
    const name = 'nvidia_cuda_nvcc_cu12-12.8.93-py3-none-manylinux2010_x86_64.whl';
    const files = [
      ['nvidia/cuda_nvcc/bin/ptxas', '#!/bin/sh\n'],
      ['nvidia/cuda_nvcc/bin/nvcc', 'not needed'],
      ['nvidia/cuda_nvcc/nvvm/libdevice/libdevice.10.bc', 'device library'],
    ] as const;
    const wheelOfTools = wheel({ name: 'nvidia_cuda_nvcc_cu12', version: '12.8.93', files });
    writeFileSync(folder.file('wheel'), wheelOfTools);
    program('python3', PROGRAMS.python3.replace(WHEEL_NAME, name));
    const installed = await installTensorflow(
      options({ cuda: true, wheel: folder.file('cuda.whl') }),
    );
    const found = findInstallation(installed.folder);
    const tools = join(installed.folder, CUDA.tools);
    expect(found).toMatchObject({ cudaTools: tools });
    expect(statSync(join(tools, 'bin', 'ptxas')).mode & 0o111).toBe(0o111);
    expect(readdirSync(join(tools, 'bin'))).toEqual(['ptxas']);
    expect(existsSync(join(tools, 'nvvm', 'libdevice', 'libdevice.10.bc'))).toBe(true);
  });

  it('with CUDA include the libraries that the wheel requires', async () => {
    const requirements = ['nvidia-cudnn-cu12<10.0,>=9.3.0.75; extra == "and-cuda"', 'numpy>=1'];
    writeFileSync(folder.file('cuda.whl'), wheel({ name: 'tensorflow', requirements }));
    const name = 'nvidia_cudnn_cu12-9.10.2.21-py3-none-manylinux2014_x86_64.whl';
    writeFileSync(
      folder.file('wheel'),
      wheel({
        name: 'nvidia_cudnn_cu12',
        version: '9.10.2.21',
        files: [['nvidia/cudnn/lib/libcudnn.so.9', 'cudnn']],
      }),
    );
    program('python3', PROGRAMS.python3.replace(WHEEL_NAME, name));
    const installed = await installTensorflow(
      options({ cuda: true, wheel: folder.file('cuda.whl') }),
    );
    expect(installed).toMatchObject({ cuda: true, package: '@tensorflow/tfjs-node-gpu' });
    expect(
      readFileSync(join(installed.folder, CUDA.libraries[0] ?? '', '..', 'libcudnn.so.9'), 'utf8'),
    ).toBe('cudnn');
    expect(findInstallation(installed.folder)).toMatchObject({
      binding: join(installed.folder, CUDA.binding),
    });
  });
});

describe('Installation: tfjs-node', () => {
  it.each([
    ['no npm', undefined, 'no npm', 'install npm'],
    [
      'an npm that fails',
      "console.error('npm error code ENOTFOUND'); process.exit(1);",
      'npm: npm error code ENOTFOUND',
      'can reach its registry',
    ],
    ['another version', PROGRAMS.npm.replace('4.22.0', '4.21.0'), 'version "4.21.0"', 'try again'],
  ])('fails with %s', async (_, body, found, remedy) => {
    if (body === undefined) without('npm');
    else program('npm', body);
    const error = await failure();
    expect(error).toMatchObject({ step: 'package', data: { found } });
    expect(error.message).toContain(remedy);
  });
});

describe('Installation: binding', () => {
  const ship = (): void => {
    mkdirSync(folder.file('resources/tensorflow'), { recursive: true });
    writeFileSync(folder.file('resources/tensorflow/tfjs_binding-linux-x64.node'), 'shipped');
  };

  it('is the prebuilt one without a compiler, or if the compiler fails', async () => {
    ship();
    without('g++');
    const installed = await installTensorflow(options());
    expect(installed.binding).toBe('shipped');
    expect(readFileSync(join(installed.folder, CPU.binding), 'utf8')).toBe('shipped');
    program('g++', "console.error('fatal error: unknown option'); process.exit(1);");
    expect((await installTensorflow(options())).binding).toBe('shipped');
  });

  it('is compiled by the compiler that CXX names', async () => {
    without('g++');
    program('my-compiler', PROGRAMS['g++']);
    const { env } = options();
    expect(
      (await installTensorflow(options({ env: { ...env, CXX: 'my-compiler' } }))).binding,
    ).toBe('compiled');
  });

  it('fails without a compiler and a prebuilt one', async () => {
    without('g++');
    expect(await failure()).toMatchObject({
      step: 'binding',
      data: {
        found: 'no compiler (g++, c++, clang++)',
        remedy: expect.stringContaining('apt install g++') as string,
      },
    });
    program('g++', "console.error('fatal error: unknown option'); process.exit(1);");
    expect(await failure()).toMatchObject({
      step: 'binding',
      data: { found: 'g++: fatal error: unknown option' },
    });
  });

  it('must load and compute', async () => {
    program('node', "console.error('Error: GLIBC_2.99 not found'); process.exit(1);");
    expect(await failure()).toMatchObject({
      step: 'check',
      data: { found: 'Error: GLIBC_2.99 not found' },
    });
    program('node', PROGRAMS.node.replace('10', '11'));
    expect((await failure()).step).toBe('check');
  });
});

describe('Installation: cancellation', () => {
  it.each([
    ['pip', 'python3', 'pip download'],
    ['npm', 'npm', 'npm install'],
    ['the compiler', 'g++', 'compiling'],
    ['the check', 'node', 'loading it'],
  ])('during %s ends all processes and leaves nothing', async (_, name, note) => {
    const pidFile = folder.file('pid');
    program(
      name,
      `if (args.includes('--version')) process.exit(0); fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => {}, 1000);`,
    );
    const cancelled = new AbortController();
    const onProgress = (line: string): void => {
      if (line.startsWith(note))
        void expect
          .poll(() => existsSync(pidFile))
          .toBe(true)
          .then(() => {
            cancelled.abort();
          });
    };
    await expect(
      installTensorflow(options({ signal: cancelled.signal, onProgress })),
    ).rejects.toThrow(/abort/i);
    expect(readdirSync(folder.file('home')).filter((entry) => entry !== 'downloads')).toEqual([]);
    const pid = Number(readFileSync(pidFile, 'utf8'));
    await expect.poll(() => isAlive(pid)).toBe(false);
  });

  it('before the start does nothing', async () => {
    await expect(installTensorflow(options({ signal: AbortSignal.abort() }))).rejects.toThrow(
      /abort/i,
    );
    expect(existsSync(folder.file('home'))).toBe(false);
  });
});

describe('Installation: errors of the file system', () => {
  const never = new AbortController().signal;
  const failing = (code: string) => () =>
    Promise.reject(Object.assign(new Error(`${code}: it failed`), { code }));

  it.each([
    ['ENOSPC', 'a full disk', 'make room'],
    ['EACCES', 'EACCES: it failed', 'GALAPAGOS_HOME'],
    ['EIO', 'EIO: it failed', 'try again'],
  ])('explains %s and what to do', async (code, found, remedy) => {
    const error: unknown = await during('libraries', never, failing(code)).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      step: 'libraries',
      data: { found, remedy: expect.stringContaining(remedy) as string },
    });
  });
});
