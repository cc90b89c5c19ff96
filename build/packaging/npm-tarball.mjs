/**
 * Takes one package from the npm registry as npm itself does, and believes it only if its hash is
 * the pinned one.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Unpacks a package into a folder, unless that folder holds this very one already.
 * @param {{ name: string, version: string, integrity: string }} pin `integrity` as in a lock file:
 *   sha512-…
 * @param {string} folder absolute; replaced whole
 */
export function unpackNpmTarball({ name, version, integrity }, folder) {
  const stamp = `${folder}.integrity`;
  if (existsSync(folder) && existsSync(stamp) && readFileSync(stamp, 'utf8') === integrity) return;
  mkdirSync(dirname(folder), { recursive: true });
  const work = mkdtempSync(`${folder}-`);
  try {
    const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
    const options = { cwd: work, encoding: 'utf8', shell: process.platform === 'win32' };
    const [packed] = JSON.parse(
      execFileSync(npm, ['pack', `${name}@${version}`, '--json', '--ignore-scripts'], options),
    );
    const file = join(work, packed.filename);
    const found = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`;
    if (found !== integrity)
      throw new Error(
        `${name}@${version}: expected ${integrity}, found ${found}: nothing is packed with it`,
      );
    execFileSync('tar', ['-xzf', packed.filename], { cwd: work });
    rmSync(folder, { recursive: true, force: true });
    renameSync(join(work, 'package'), folder);
    writeFileSync(stamp, integrity);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
