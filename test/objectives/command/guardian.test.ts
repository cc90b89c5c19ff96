/** Tests that a worker's folder of attempts does not outlive the worker, whenever it is killed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { noShell, skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const support = JSON.stringify(new URL('../../support/command-attempt.ts', import.meta.url).href);

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

it('Commands: the folder of a worker that is killed before its first program starts is deleted', async (context) => {
  skipIf(noShell, context);
  // The file of parameters is the last thing that an attempt writes before its program starts.
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const write = fs.writeFileSync;
    fs.writeFileSync = (file, ...rest) => {
      write(file, ...rest);
      if (!String(file).includes('params-')) return;
      fs.writeSync(1, file);
      process.kill(process.pid, 'SIGKILL');
    };
    syncBuiltinESMExports();
    const { CommandPlace } = await import(${support});
    await new CommandPlace().shell('true');`;
  const worker = spawn(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '--eval', script],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, TMPDIR: folder.path } },
  );
  const exit = once(worker, 'exit');
  const written = await text(worker.stdout);
  expect(await exit).toEqual([null, 'SIGKILL']);
  const own = dirname(dirname(written));
  expect(own).toMatch(new RegExp(`/runs/${worker.pid}$`));
  await expect.poll(() => existsSync(own)).toBe(false);
});
