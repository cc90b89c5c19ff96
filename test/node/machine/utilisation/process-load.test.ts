import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import {
  ProcessLoads,
  parseProcess,
} from '../../../../src/node/machine/utilisation/process-load.ts';
import { writeTree } from '../../../support/file-tree.ts';
import { noProc, skipIf } from '../../../support/platform.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(() => folder.remove());

const first = new Unknown('measured from the next reading on');
const ended = new Unknown('the process has ended');

function statLine(name: string, userTicks: number, systemTicks: number, pages: number): string {
  const before = `S 1 4242 4242 0 -1 4194304 99 0 0 0`;
  return `4242 (${name}) ${before} ${userTicks} ${systemTicks} 0 0 20 0 11 0 43335 3133440 ${pages} 18446744073709551615 1 1\n`;
}

it('Process load: accepts parentheses and spaces in a name', () => {
  expect(parseProcess(statLine('galapagos (worker) 3', 40, 2, 7))).toStrictEqual({
    ticks: 42,
    pages: 7,
  });
});

it('Process load: is per cent of one core since the last reading', async () => {
  let now = 0;
  const loads = new ProcessLoads(() => now, 'linux', folder.path);
  writeTree(folder.path, { '4242/stat': statLine('node', 100, 50, 10) });
  expect(await loads.read([4242])).toStrictEqual([
    { pid: 4242, load: first, residentBytes: 40_960 },
  ]);
  now = 2000;
  writeTree(folder.path, { '4242/stat': statLine('node', 400, 50, 20) });
  expect(await loads.read([4242])).toStrictEqual([{ pid: 4242, load: 150, residentBytes: 81_920 }]);
  await loads.close();
});

it('Process load: takes the sizes of pages and ticks from the kernel', async () => {
  const words = Buffer.alloc(48);
  for (const [i, word] of [6, 65_536, 17, 250].entries())
    words.writeBigUInt64LE(BigInt(word), 8 * i);
  writeTree(folder.path, { 'self/auxv': words, '4242/stat': statLine('node', 0, 0, 2) });
  let now = 0;
  const loads = new ProcessLoads(() => now, 'linux', folder.path);
  expect(await loads.read([4242])).toMatchObject([{ residentBytes: 131_072 }]);
  now = 1000;
  writeTree(folder.path, { '4242/stat': statLine('node', 125, 0, 2) });
  expect(await loads.read([4242])).toMatchObject([{ load: 50 }]);
  await loads.close();
});

it('Process load: is unknown for a process that ended, and starts again for one that reuses its pid', async () => {
  let now = 0;
  const loads = new ProcessLoads(() => now, 'linux', folder.path);
  expect(await loads.read([4242])).toStrictEqual([
    { pid: 4242, load: ended, residentBytes: ended },
  ]);
  writeTree(folder.path, { '4242/stat': statLine('node', 900, 0, 1) });
  await loads.read([4242]);
  await loads.read([]);
  rmSync(folder.file('4242'), { recursive: true });
  now = 1000;
  writeTree(folder.path, { '4242/stat': statLine('other', 5, 0, 1) });
  expect(await loads.read([4242])).toMatchObject([{ load: first }]);
  await loads.close();
});

it('Process load: refuses a line that is not of a process', async () => {
  writeTree(folder.path, { '7/stat': 'gibberish' });
  const loads = new ProcessLoads(() => 0, 'linux', folder.path);
  expect(await loads.read([7])).toMatchObject([
    { load: { reason: expect.stringContaining('found "gibberish"') as string } },
  ]);
  await loads.close();
});

it('Process load: is not implemented outside Linux, and says so', async () => {
  const unknown = new Unknown('single processes are measured on Linux only');
  expect(await new ProcessLoads(() => 0, 'win32').read([7])).toStrictEqual([
    { pid: 7, load: unknown, residentBytes: unknown },
  ]);
});

it('Process load: is the resident memory that this process reports of itself', async (context) => {
  skipIf(noProc, context);
  const loads = new ProcessLoads(() => performance.now());
  const [own] = await loads.read([process.pid]);
  const resident = own?.residentBytes;
  const itself = process.memoryUsage.rss();
  expect(Math.abs(Number(resident) - itself) / itself).toBeLessThan(0.25);
  await loads.close();
});
