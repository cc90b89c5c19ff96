/**
 * Makes the installers: `npm run dist`, for this system, every architecture it has. `--linux`,
 * `--mac`, `--win` name another system, `--x64`, `--arm64` one architecture; `--dir` stops at the
 * folder that an installer would hold.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Arch, Platform, build } from 'electron-builder';
import { configurationFor, targets } from './packaging/electron-builder.mjs';
import { fetchLibsql } from './packaging/fetch-libsql.mjs';
import { copyHostNode, fetchNode } from './packaging/fetch-node.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const SYSTEMS = { linux: 'linux', mac: 'darwin', win: 'win32' };
const BUILDERS = { linux: Platform.LINUX, darwin: Platform.MAC, win32: Platform.WINDOWS };

const flag = { type: 'boolean', default: false };
const { values } = parseArgs({
  options: {
    linux: flag,
    mac: flag,
    win: flag,
    x64: flag,
    arm64: flag,
    dir: flag,
    // What is in out/ already is packed as it is.
    built: flag,
    // Ships the Node that runs this, without fetching the pinned one: to try the packing out.
    'host-node': flag,
    // A folder to take Electron's files from, instead of fetching them.
    'electron-dist': { type: 'string' },
    output: { type: 'string', default: join(root, 'dist') },
  },
});

const named = Object.keys(SYSTEMS).filter((system) => values[system]);
const platforms = named.length > 0 ? named.map((system) => SYSTEMS[system]) : [process.platform];

const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
if (!values.built)
  execFileSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  });

for (const platform of platforms) {
  const { kinds, architectures } = targets[platform];
  const wanted = architectures.filter((arch) => values[arch] || !(values.x64 || values.arm64));
  if (wanted.length === 0)
    throw new Error(`${platform}: made for ${architectures.join(', ')} only`);
  for (const arch of wanted) {
    const fetched = join(
      root,
      '.cache',
      'packaging',
      values['host-node'] ? 'host' : `${platform}-${arch}`,
    );
    if (values['host-node']) copyHostNode(join(fetched, 'node'));
    else fetchNode(platform, arch, join(fetched, 'node'));
    fetchLibsql(root, platform, arch, join(fetched, 'libsql'));
    writeFileSync(join(fetched, 'package.json'), JSON.stringify({ name, version, type }));
    const config = configurationFor(platform, arch, fetched);
    config.directories = { ...config.directories, output: values.output };
    if (values['electron-dist'] !== undefined) config.electronDist = values['electron-dist'];
    await build({
      projectDir: root,
      targets: BUILDERS[platform].createTarget(values.dir ? ['dir'] : kinds, Arch[arch]),
      config,
    });
  }
}
