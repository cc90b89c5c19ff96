/** Builds `out/` by electron-vite when a source is newer than the last build. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @param {string} root the clone's folder */
export async function buildIfStale(root) {
  const stamp = join(root, 'out', 'built');
  const built = existsSync(stamp) ? statSync(stamp).mtimeMs : 0;
  const sources = ['src', 'resources/networks', 'electron.vite.config.ts', 'package.json'].map((name) => join(root, name));
  if (built >= Math.max(...sources.map(newest))) return;
  process.stderr.write('galapagos: building (once after each change) …\n');
  rmSync(stamp, { force: true });
  const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  if (!existsSync(vite)) {
    process.stderr.write('galapagos: electron-vite is not installed; run `npm ci` first\n');
    process.exit(1);
  }
  const started = Date.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}galapagos: the build failed\n`);
    process.exit(1);
  }
  writeFileSync(stamp, '');
  process.stderr.write(`galapagos: built in ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/** Newest modification time below a path, in milliseconds. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}
