/**
 * Tests the content of an installer, packed around a stub of Electron: a plain Node runs studies
 * from its unpacked files.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { listPackage } from '@electron/asar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { builtWithWindow } from '../support/built-command.ts';
import { electronStub, fuseWire } from '../support/electron-stub.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const require = createRequire(import.meta.url);
const run = promisify(execFile);

const unfit = ((): string | null => {
  if (process.platform !== 'linux') return 'the stub is of Electron for Linux';
  if (!existsSync(join(root, 'node_modules', 'electron-builder')))
    return 'electron-builder is not installed';
  // npm cannot resolve the packages behind a link, so packaging would have no list of packages.
  if (lstatSync(join(root, 'node_modules')).isSymbolicLink()) return 'node_modules is a link';
  return null;
})();

describe('Packed app', () => {
  const folder = temporaryFolder();
  const resources = join(folder.path, 'dist', 'linux-unpacked', 'resources');
  const node = join(resources, 'node', 'bin', 'node');
  const unpacked = join(resources, 'app.asar.unpacked');

  beforeAll(async () => {
    if (unfit !== null) return;
    await builtWithWindow();
    const { version } = require('electron/package.json') as { version: string };
    const stub = electronStub(folder.file('electron'), version);
    const options = [
      '--dir',
      '--built',
      '--host-node',
      `--${process.arch}`,
      '--electron-dist',
      stub,
      '--output',
      folder.file('dist'),
    ];
    execFileSync(process.execPath, [join(root, 'build', 'dist.mjs'), '--linux', ...options], {
      cwd: root,
      stdio: 'pipe',
    });
  });
  afterAll(() => folder.remove());

  /** The packed command line on the packed Node, without access to this clone. */
  const packedCommand = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(node, [join(unpacked, 'bin', 'galapagos.mjs'), ...args], {
      cwd: folder.path,
      env: { HOME: folder.path, PATH: '/usr/bin:/bin' },
    });
    return stdout;
  };

  it('runs a study with workers to its end from the unpacked files', async (ctx) => {
    if (unfit !== null) return ctx.skip(unfit);
    await packedCommand('run', 'sphere', '--trials', '4', '--workers', '1', '--lab', 'sphere.db');
    const lab = readLab(folder.file('sphere.db'));
    expect([...lab.trials('sphere')].map(({ state }) => state)).toEqual([
      'complete',
      'complete',
      'complete',
      'complete',
    ]);
    lab.close();
  });

  it('trains on the embedded MNIST, and finds digits and networks', async (ctx) => {
    if (unfit !== null) return ctx.skip(unfit);
    await packedCommand('run', 'mnist', '--trials', '1', '--workers', '1', '--lab', 'mnist.db');
    const lab = readLab(folder.file('mnist.db'));
    const [trial] = [...lab.trials('mnist')];
    expect(trial?.state).toBe('complete');
    expect(trial?.value).toBeGreaterThan(0.8);
    lab.close();
  });

  it('prints its version, and finds its schemas', async (ctx) => {
    if (unfit !== null) return ctx.skip(unfit);
    const { version } = require('../../package.json') as { version: string };
    expect((await packedCommand('--version')).trim()).toBe(version);
    expect(readdirSync(join(resources, 'resources'))).toEqual(
      expect.arrayContaining(['datasets', 'icons', 'networks', 'schemas', 'studies']),
    );
  });

  it('keeps window, preload and entry in the archive, and only the executed files beside it', (ctx) => {
    if (unfit !== null) return ctx.skip(unfit);
    const files = listPackage(join(resources, 'app.asar'), { isPack: true }).map((line) =>
      line.split(' : ').map((part) => part.trim()),
    );
    const packed = files.flatMap(([where, name = '']) =>
      where === 'pack' && /\.\w+$/.test(name) ? [name] : [],
    );
    expect(packed).toEqual(
      expect.arrayContaining([
        '/package.json',
        '/out/main/index.js',
        '/out/preload/index.cjs',
        '/out/renderer/index.html',
      ]),
    );
    const names = files.map(([, name = '']) => name);
    expect(names.filter((name) => /\.(?:ts|map|md|cc|h)$|\/tests?\//.test(name))).toEqual([]);
    // One system's binaries, for one architecture.
    const binaries = names.filter((name) => name.endsWith('.node'));
    expect(binaries.length).toBeGreaterThan(0);
    const own = [`/linux/${process.arch}/node/glibc-`, `/webgpu/dist/linux-${process.arch}/dawn`];
    for (const name of binaries)
      expect(name, name).toSatisfy(() => own.some((part) => name.includes(part)));
    expect(binaries.filter((name) => name.includes('/webgpu/'))).toHaveLength(1);
    expect(readdirSync(join(resources, 'node_modules', '@libsql'))).toEqual([
      `linux-${process.arch}-gnu`,
    ]);
  });

  it('has its fuses set', (ctx) => {
    if (unfit !== null) return ctx.skip(unfit);
    const [
      runAsNode,
      cookieEncryption,
      nodeOptions,
      inspect,
      asarIntegrity,
      onlyAsar,
      snapshot,
      fileProtocol,
    ] = fuseWire(readFileSync(join(resources, '..', 'galapagos')));
    expect({
      runAsNode,
      cookieEncryption,
      nodeOptions,
      inspect,
      asarIntegrity,
      onlyAsar,
      snapshot,
      fileProtocol,
    }).toEqual({
      runAsNode: false,
      cookieEncryption: true,
      nodeOptions: false,
      inspect: false,
      asarIntegrity: true,
      onlyAsar: true,
      snapshot: false,
      fileProtocol: false,
    });
  });

  it('reports its size without Electron', (ctx) => {
    if (unfit !== null) return ctx.skip(unfit);
    const sizes = readdirSync(resources).map(
      (name) => [name, bytesBelow(join(resources, name))] as const,
    );
    const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
    const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(
      `packed, without Electron: ${megabytes(total)} (${sizes.map(([name, bytes]) => `${name} ${megabytes(bytes)}`).join(', ')})`,
    );
    // Dawn for one system; on Windows the largest, 40 MB.
    const dawn = bytesBelow(join(unpacked, 'node_modules', 'webgpu', 'dist'));
    expect(dawn).toBeGreaterThan(0);
    expect(dawn).toBeLessThan(45e6);
    const ours = total - dawn - bytesBelow(join(resources, 'node'));
    expect(ours).toBeLessThan(60e6);
  });
});

function bytesBelow(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}
