import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAdapters, parseAdapters } from '../../../src/runtime/gpu/adapters.ts';
import { gpuObstacle } from '../../../src/runtime/gpu/dawn.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'galapagos-adapters-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A stand-in for the library: `create` gives an object whose `requestAdapter` runs `body`. */
async function library(name: string, body: string): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(
    path,
    `export const create = () => ({ requestAdapter: async () => { ${body} } });`,
  );
  return path;
}

const LISTED = `no suitable backends found
Available adapters:
 * backend: 'vulkan', name: 'NVIDIA GeForce RTX 3060'
 * backend: 'vulkan', name: 'NVIDIA GeForce RTX 3060'
 * backend: 'vulkan', name: 'AMD Radeon's twin (RADV NAVI21)'
 * backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)'`;

describe('GPU: the list of adapters', () => {
  it('lists every adapter with its backend, twins included, and marks software adapters', () => {
    expect(parseAdapters(LISTED)).toEqual([
      { backend: 'vulkan', name: 'NVIDIA GeForce RTX 3060', software: false },
      { backend: 'vulkan', name: 'NVIDIA GeForce RTX 3060', software: false },
      { backend: 'vulkan', name: "AMD Radeon's twin (RADV NAVI21)", software: false },
      { backend: 'vulkan', name: 'llvmpipe (LLVM 15.0.6, 256 bits)', software: true },
    ]);
  });

  it('reads the list from the message that the library throws in a child process', async () => {
    const path = await library('lists', `throw new Error(${JSON.stringify(LISTED)});`);
    const { adapters, reason } = await listAdapters({ library: path });
    expect([adapters.length, reason]).toEqual([4, undefined]);
  });

  it('gives a reason and a remedy if there is no adapter', async () => {
    const path = await library('none', 'return null;');
    expect(await listAdapters({ library: path })).toEqual({
      adapters: [],
      reason: 'no graphics adapter was found',
      remedy: "install or update the graphics card's driver",
    });
  });

  it('names the missing Vulkan loader and how to install it', async () => {
    const warning = "Warning: Couldn't load Vulkan: libvulkan.so.1: cannot open shared object file";
    const path = await library('loader', `console.error(${JSON.stringify(warning)}); return null;`);
    const { adapters, reason, remedy } = await listAdapters({ library: path });
    expect([adapters, reason]).toEqual([[], 'the Vulkan loader (libvulkan.so.1) is absent']);
    expect(remedy).toContain('apt install libvulkan1');
  });

  it('reports the death of the child as a reason, with its last words', async () => {
    const path = await library(
      'dies',
      "process.stderr.write('driver: bad state\\n', () => process.abort()); await new Promise(() => setTimeout(() => {}, 60000));",
    );
    const { adapters, reason, remedy } = await listAdapters({ library: path });
    expect(adapters).toEqual([]);
    expect(reason).toMatch(/^listing graphics adapters ended with .+: driver: bad state/);
    expect(remedy).toBe("update the graphics card's driver");
  });

  it('ends a child that hangs, and reports the time-out', async () => {
    const path = await library('hangs', 'for (;;);');
    const { adapters, reason } = await listAdapters({ library: path, timeoutMs: 300 });
    expect([adapters, reason]).toEqual([[], 'the graphics driver did not answer within 300 ms']);
  });

  it('reports a program that cannot be started as a reason', async () => {
    const { adapters, reason } = await listAdapters({ execPath: join(folder, 'absent') });
    expect(adapters).toEqual([]);
    expect(reason).toContain('ENOENT');
  });

  it('answers with adapters, or a reason and a remedy, from the real library', async () => {
    const { adapters, reason, remedy } = await listAdapters();
    if (adapters.length > 0) expect([reason, remedy]).toEqual([undefined, undefined]);
    else for (const text of [reason, remedy]) expect(text).toMatch(/\w/);
  });
});

describe('GPU: obstacles', () => {
  it.each([
    ["/lib/libc.so.6: version `GLIBC_2.34' not found", 'glibc 2.34'],
    ["Cannot find package 'webgpu' imported from /a", 'is not installed'],
    ["Cannot find module '/a/webgpu/dist/linux-ia32/dawn.node'", 'has no library for'],
    ['Warning: vkCreateInstance: Found no drivers!', 'no Vulkan driver is installed'],
    ['something else\nat line 2', 'no adapter: something else'],
  ])('explains "%s"', (said, reason) => {
    expect(gpuObstacle(said).reason).toContain(reason);
    expect(gpuObstacle(said).remedy).not.toBe('');
  });
});
