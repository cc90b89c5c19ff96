/**
 * libsql's binary for the system that is packed for, which need not be the one that packs. npm
 * installs only the host's; name, version and hash of the others stand in the lock file.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackNpmTarball } from './npm-tarball.mjs';

const TARGETS = {
  'linux-x64': 'linux-x64-gnu',
  'linux-arm64': 'linux-arm64-gnu',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'win32-x64-msvc',
};

/**
 * @param {string} root the project's folder
 * @param {'linux' | 'darwin' | 'win32'} platform
 * @param {'x64' | 'arm64'} arch
 * @param {string} folder absolute; afterwards it holds one folder, named as libsql looks for it
 */
export function fetchLibsql(root, platform, arch, folder) {
  const target = TARGETS[`${platform}-${arch}`];
  if (target === undefined) throw new Error(`libsql has no binary for ${platform} ${arch}`);
  const name = `@libsql/${target}`;
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const { version, integrity } = packages[`node_modules/${name}`];
  const installed = join(root, 'node_modules', name);
  if (existsSync(join(installed, 'index.node')))
    cpSync(installed, join(folder, target), { recursive: true });
  else unpackNpmTarball({ name, version, integrity }, join(folder, target));
}
