/**
 * Sees an installed app run: `node build/packaging/smoke-test.mjs PROGRAM RESOURCES`. The shipped
 * Node runs a study from the unpacked files; then the app itself starts, opens its lab, and ends
 * when told to. What a window shows is for other tests: the app's fuses keep any driver out.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const START_MS = 60_000;

const [program, resources] = process.argv.slice(2).map((path) => resolve(path));
const folder = mkdtempSync(join(tmpdir(), 'galapagos-smoke-'));
const node = join(resources, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
const command = join(resources, 'app.asar.unpacked', 'bin', 'galapagos.mjs');

execFileSync(
  node,
  [command, 'run', 'mnist', '--trials', '1', '--workers', '1', '--lab', 'smoke.db'],
  { cwd: folder, stdio: 'inherit' },
);
console.log('the shipped Node trained a trial');

const lab = join(folder, 'home', 'lab.db');
const app = spawn(program, process.platform === 'linux' ? ['--no-sandbox'] : [], {
  env: { ...process.env, GALAPAGOS_HOME: join(folder, 'home') },
  stdio: 'inherit',
});
const ended = new Promise((end) =>
  app.once('exit', (code, signal) => end(`the app ended: ${code ?? signal}`)),
);
const deadline = Date.now() + START_MS;
while (!existsSync(lab)) {
  const early = await Promise.race([ended, wait(200)]);
  if (early !== undefined) throw new Error(`${early}, before it had opened its lab`);
  if (Date.now() > deadline) throw new Error(`no lab file after ${START_MS / 1000} s`);
}
console.log('the app opened its lab');
app.kill();
console.log(await ended);
rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
