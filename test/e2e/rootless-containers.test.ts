/**
 * Runs the tests of podman's containers as a user other than root, whom `GALAPAGOS_ROOTLESS_USER`
 * names: containers then have a user namespace, in which the user keeps its id.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { built } from '../support/built-command.ts';
import { removeWhenFree } from '../support/container-engines.ts';
import { skipIf } from '../support/platform.ts';
import { processesWith } from '../support/processes-with.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built);

const user = process.env['GALAPAGOS_ROOTLESS_USER'] ?? '';
const root = join(import.meta.dirname, '../..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const AS_USER = [`--reuid=${user}`, `--regid=${user}`, '--init-groups', '--reset-env'];

/** Returns why the tests cannot run as that user; null: they can. */
function problem(): string | null {
  if (user === '' || process.getuid?.() !== 0)
    return 'GALAPAGOS_ROOTLESS_USER names no user, or this user is not root';
  const read = spawnSync('setpriv', [...AS_USER, 'test', '-r', vitest]);
  return read.status === 0 ? null : `${user} does not exist, or cannot read ${vitest}`;
}

const idOf = (option: '-u' | '-g'): number =>
  Number(spawnSync('id', [option, user], { encoding: 'utf8' }).stdout);

describe('Trials in containers of podman, for a user other than root', () => {
  let folder: TemporaryFolder;
  const own = (name: string): string => folder.file(name);
  beforeEach((context) => {
    skipIf(problem(), context);
    folder = temporaryFolder();
    for (const name of ['', 'home', 'run', 'tmp']) {
      mkdirSync(own(name), { recursive: true, mode: 0o700 });
      chownSync(own(name), idOf('-u'), idOf('-g'));
    }
  });
  afterEach(async () => {
    if (problem() !== null) return;
    // Shells beside workers remove their containers again.
    const others = (): number[] =>
      processesWith(folder.path).filter(
        (pid) => !readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('catatonit\0-P'),
      );
    await expect.poll(others, { timeout: 60_000 }).toEqual([]);
    // Podman keeps the user namespace with a process.
    const keeper = own('run/libpod/tmp/pause.pid');
    if (existsSync(keeper)) process.kill(Number(readFileSync(keeper, 'utf8')), 'SIGKILL');
    await removeWhenFree(folder);
  });

  it('are as those of root', async (context) => {
    const env = {
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      HOME: own('home'),
      XDG_RUNTIME_DIR: own('run'),
      TMPDIR: own('tmp'),
      NO_COLOR: '1',
    };
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const tests = ['test/e2e/containers.test.ts', '-t', 'containers of podman'];
    // The configuration is not written to a file, for which the user has no right.
    const run = [vitest, 'run', '--configLoader', 'runner', '--project=whole', ...tests];
    const child = spawn('setpriv', [...AS_USER, 'env', ...variables, process.execPath, ...run], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect(code, output).toBe(0);
    if (/^0 passed, 0 failed/m.test(output)) context.skip(`podman runs nothing for ${user} here`);
    expect(output).toMatch(/^[1-9]\d* passed, 0 failed/m);
  });
});
