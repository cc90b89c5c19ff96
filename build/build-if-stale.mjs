/**
 * Builds those parts of `out/` whose sources have changed since they were built, and says so while
 * it happens. Programs that start at once share one build; programs that run already keep the files
 * that they may still load.
 */
import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { contentsOf, record, recorded, statsOf } from './build-stamp.mjs';
import { publish } from './publish-build.mjs';
import { withBuildLock } from './build-lock.mjs';

/** Files that both parts depend on. */
const SETTINGS = ['electron.vite.config.ts', 'package-lock.json'];

/**
 * Part of `out/` → what it is called, its folders there, a file of it that must exist, its sources.
 * The layers that each part imports are in `layers.mjs`.
 */
export const parts = {
  programs: {
    called: 'the programs',
    folders: ['main'],
    entry: 'main/cli.js',
    sources: ['src', 'resources/networks', ...SETTINGS],
    without: ['src/renderer', 'src/preload'],
  },
  window: {
    called: 'the window',
    folders: ['preload', 'renderer'],
    entry: 'renderer/index.html',
    sources: ['src/renderer', 'src/preload', 'src/core', 'src/protocol', ...SETTINGS],
    without: [],
  },
};

/** Milliseconds between two lines that say how long a build has taken so far. */
const SAY_EVERY_MS = 10_000;

/**
 * @param {string} root the clone's folder
 * @param {{
 *   only?: readonly (keyof typeof parts)[],
 *   say?: (line: string) => void,
 *   build?: typeof electronVite,
 * }} [options] only: the parts that are needed; by default all. build: by default electron-vite
 * @throws {Error} if the build failed; the previous build is still there then
 */
export async function buildIfStale(
  root,
  { only = Object.keys(parts), say = sayOnStderr, build = electronVite } = {},
) {
  const stale = () => only.filter((name) => isStale(root, name));
  if (stale().length === 0) return;
  await withBuildLock(
    join(root, 'out'),
    async () => {
      // Another program may have built them meanwhile.
      const names = stale();
      if (names.length > 0) await buildParts(root, names, say, build);
    },
    say,
  );
}

/**
 * `galapagos` reports what went wrong, without a stack, and ends.
 * @param {string} root
 * @param {Parameters<typeof buildIfStale>[1]} [options]
 */
export async function buildOrExit(root, options) {
  try {
    await buildIfStale(root, options);
  } catch (error) {
    sayOnStderr(error instanceof Error ? error.message : String(error));
    process.exit(1);
  }
}

/**
 * Looks at the contents only if some file has another time or size than when the part was built.
 */
function isStale(root, name) {
  const { entry, sources, without } = parts[name];
  if (!existsSync(join(root, 'out', entry))) return true;
  const stamp = recorded(root, name);
  if (stamp === null) return true;
  const stats = statsOf(root, sources, without);
  if (stats === stamp.stats) return false;
  if (contentsOf(root, sources, without) !== stamp.contents) return true;
  // Only the files' times are others, for instance after a branch was left and returned to.
  record(root, name, { ...stamp, stats });
  return false;
}

async function buildParts(root, names, say, build) {
  const called = names.map((name) => parts[name].called).join(' and ');
  const because = names.every((name) => recorded(root, name) === null)
    ? 'for the first time'
    : 'because sources have changed';
  say(`building ${called} ${because}; this takes 5 s, on a busy machine up to a minute …`);
  // Of before the build: a file that is edited meanwhile makes the part stale again.
  const stamps = names.map((name) => {
    const { sources, without } = parts[name];
    return { stats: statsOf(root, sources, without), contents: contentsOf(root, sources, without) };
  });
  const started = Date.now();
  const seconds = () => (Date.now() - started) / 1000;
  const telling = setInterval(
    () => say(`still building, ${seconds().toFixed(0)} s so far …`),
    SAY_EVERY_MS,
  );
  const staging = join(root, 'out', `.staging-${process.pid}`);
  try {
    await build(root, names, staging);
    for (const folder of names.flatMap((name) => parts[name].folders))
      publish(join(staging, folder), join(root, 'out', folder));
  } finally {
    clearInterval(telling);
    rmSync(staging, { recursive: true, force: true });
  }
  for (const [i, name] of names.entries()) record(root, name, stamps[i]);
  say(`built ${called} in ${seconds().toFixed(1)} s`);
}

/**
 * @param {string} root
 * @param {readonly (keyof typeof parts)[]} names
 * @param {string} staging the folder to build into
 */
async function electronVite(root, names, staging) {
  const vite = join(root, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
  if (!existsSync(vite)) throw new Error('electron-vite is not installed; run `npm ci` first');
  const child = spawn(
    process.execPath,
    [vite, 'build', '--logLevel', 'warn', '--outDir', staging],
    {
      cwd: root,
      env: { ...process.env, GALAPAGOS_BUILD_PARTS: names.join(',') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const status = await new Promise((resolve, reject) =>
    child.once('close', resolve).once('error', reject),
  );
  if (status !== 0) throw new Error(`${said}the build failed`);
}

function sayOnStderr(line) {
  process.stderr.write(`galapagos: ${line}\n`);
}
