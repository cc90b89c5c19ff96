/**
 * Makes the installers: `npm run dist`, for this system, both architectures. `--linux`, `--mac`, `--win` name another system,
 * `--x64`, `--arm64` one architecture, `--dir` stops at the folder that an installer would hold.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { configuration } from './packaging/electron-builder.mjs';
import { fetchLibsql } from './packaging/fetch-libsql.mjs';
import { fetchNode } from './packaging/fetch-node.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const SYSTEMS = { linux: 'linux', mac: 'darwin', win: 'win32' };

const flag = { type: 'boolean', default: false };
const { values } = parseArgs({
  options: {
    linux: flag,
    mac: flag,
    win: flag,
    x64: flag,
    arm64: flag,
    dir: flag,
    /** A folder to take Electron's files from, instead of fetching them. */
    'electron-dist': { type: 'string' },
    output: { type: 'string', default: join(root, 'dist') },
  },
});

const named = Object.keys(SYSTEMS).filter((system) => values[system]);
const host = Object.keys(SYSTEMS).find((system) => SYSTEMS[system] === process.platform);
const systems = named.length > 0 ? named : [host];

execFileSync(process.execPath, [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--logLevel', 'warn'], {
  cwd: root,
  stdio: 'inherit',
});
// Below app.asar.unpacked there is no package.json of ours to say that these are modules.
writeFileSync(join(root, 'out', 'package.json'), '{ "type": "module" }\n');

const { Arch, Platform, build } = await import('electron-builder');
for (const system of systems) {
  const offered = configuration[system].target.flatMap(({ arch }) => arch);
  const architectures = ['x64', 'arm64'].filter((arch) => offered.includes(arch) && (values[arch] || (!values.x64 && !values.arm64)));
  if (architectures.length === 0) throw new Error(`${system}: packed for ${[...new Set(offered)].join(', ')} only`);
  for (const arch of architectures) {
    const folder = join(root, '.cache', 'packaging', `${SYSTEMS[system]}-${arch}`);
    fetchNode(SYSTEMS[system], arch, join(folder, 'node'));
    fetchLibsql(root, SYSTEMS[system], arch, join(folder, 'libsql'));
    const types = values.dir ? ['dir'] : configuration[system].target.map(({ target }) => target);
    await build({
      projectDir: root,
      targets: Platform.fromString(system === 'win' ? 'windows' : system).createTarget(types, Arch[arch]),
      config: {
        ...configuration,
        directories: { ...configuration.directories, output: values.output },
        ...(values['electron-dist'] === undefined ? {} : { electronDist: values['electron-dist'] }),
      },
    });
  }
}
