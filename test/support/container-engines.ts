/**
 * Real engines of containers with storage and settings of their own, and an image with a static
 * BusyBox in it that is made here, without a network.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processesWith } from './processes-with.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

type Environment = Readonly<Record<string, string>>;

export interface ReadyEngine {
  readonly name: 'docker' | 'podman' | 'apptainer';
  readonly image: string;
  /** Variables of the process that starts the engine. */
  readonly env: Environment;
  /** Containers have names, by which they are listed and paused. */
  readonly isService: boolean;
  /** Reason why it cannot pause a container here; null: it can. */
  readonly cannotPause: string | null;
  /** Names of the containers of the image, running or not; none if it is no service. */
  containers(): readonly string[];
  /** A fact of a container, by the template of `inspect`. */
  inspect(name: string, template: string): string;
  /** Ids of processes by which it cleans up behind containers. */
  cleaning(): readonly number[];
  /** Ends the service and removes the image. */
  close(): Promise<void>;
}

/** An engine that can run containers here, or why it cannot. */
export type PreparedEngine = ReadyEngine | { readonly missing: string };

/** Programs of the image. */
const APPLETS = ['sh', 'cat', 'id', 'sleep'];
/** Folders of the image; what apptainer mounts needs them. */
const FOLDERS = ['bin', 'dev', 'etc', 'home', 'proc', 'root', 'sys', 'tmp', 'var/tmp'];
const IMAGE = 'localhost/galapagos-test:1';
/** A container that does nothing. */
const TRIED = ['run', '--rm', '--init', IMAGE, 'sh', '-c', 'true'];

interface Ran {
  readonly ok: boolean;
  readonly text: string;
}

function run(env: Environment, program: string, ...args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  return { ok: status === 0, text: error === undefined ? stdout + stderr : error.message };
}

function isOnPath(...programs: readonly string[]): boolean {
  return programs.every((each) => run({}, 'sh', '-c', `command -v ${each}`).ok);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

const FREE_MS = 60_000;

/** Removes a folder once engines have let go of it: their monitors outlive their commands. */
export async function removeWhenFree(folder: TemporaryFolder): Promise<void> {
  const from = performance.now();
  for (let isThere = true; isThere;) {
    try {
      folder.remove();
      isThere = false;
    } catch (error) {
      if (performance.now() - from > FREE_MS) throw error;
      await delay(50);
    }
  }
}

/**
 * Prepares an engine.
 * @param folder absolute path of an empty folder, which is not removed before `close`
 */
export function prepareEngine(
  name: ReadyEngine['name'],
  folder: string,
): Promise<PreparedEngine> | PreparedEngine {
  if (process.platform === 'win32') return { missing: 'Windows has no engines of its own' };
  if (!isOnPath(name, 'busybox')) return { missing: `there is no ${name}, or no busybox` };
  const image = join(folder, 'image');
  for (const each of FOLDERS) mkdirSync(join(image, each), { recursive: true });
  for (const each of ['passwd', 'group']) writeFileSync(join(image, 'etc', each), '');
  const busybox = run({}, 'sh', '-c', 'command -v busybox').text.trim();
  copyFileSync(busybox, join(image, 'bin', 'busybox'));
  for (const each of APPLETS) symlinkSync('busybox', join(image, 'bin', each));
  if (name === 'apptainer') return apptainer(image);
  const archive = join(folder, 'image.tar');
  spawnSync('tar', ['-C', image, '-cf', archive, '.']);
  return name === 'docker' ? docker(folder, archive) : podman(folder, archive);
}

/** The part that docker and podman share. */
function service(
  name: 'docker' | 'podman',
  env: Environment,
): Pick<ReadyEngine, 'name' | 'image' | 'env' | 'isService' | 'containers' | 'inspect'> {
  return {
    name,
    image: IMAGE,
    env,
    isService: true,
    containers: () => {
      const filter = ['--filter', `ancestor=${IMAGE}`];
      const listed = run(env, name, 'ps', '--all', ...filter, '--format', '{{.Names}}');
      if (!listed.ok) throw new Error(listed.text);
      return listed.text.split('\n').filter((each) => each.trim() !== '');
    },
    inspect: (container, template) =>
      run(env, name, 'inspect', '--format', template, container).text.trim(),
  };
}

/** Returns why containers cannot be paused; null: they can. */
function pauseProblem(name: 'docker' | 'podman', env: Environment): string | null {
  const container = 'galapagos-test-pause';
  // Podman's monitor keeps the streams of this command open.
  spawnSync(name, ['run', '--detach', '--init', '--name', container, IMAGE, 'sleep', '600'], {
    stdio: 'ignore',
    timeout: 60_000,
    env: { ...process.env, ...env },
  });
  const paused = run(env, name, 'pause', container);
  run(env, name, 'rm', '-f', container);
  return paused.ok ? null : `${name} cannot pause a container here: ${lastLine(paused.text)}`;
}

/** Uses the daemon that answers, or starts one with a socket and data of its own. */
async function docker(folder: string, archive: string): Promise<PreparedEngine> {
  const isRunning = run({}, 'docker', 'version').ok;
  if (!isRunning && !(process.getuid?.() === 0 && isOnPath('dockerd')))
    return { missing: 'no daemon of docker answers, and none can be started by this user' };
  const env: Environment = isRunning ? {} : { DOCKER_HOST: `unix://${folder}/docker.sock` };
  const daemon = isRunning ? null : startDaemon(folder);
  const answers = daemon === null || (await answering(daemon, env));
  const close = async (): Promise<void> => {
    if (answers) run(env, 'docker', 'rmi', '--force', IMAGE);
    if (daemon?.exitCode !== null) return;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.kill('SIGTERM');
    await ended;
  };
  if (!answers) daemon.kill('SIGKILL');
  const imported = answers ? run(env, 'docker', 'import', archive, IMAGE) : null;
  const tried = imported?.ok === true ? run(env, 'docker', ...TRIED) : imported;
  if (tried?.ok !== true) {
    const why = tried?.text ?? readFileSync(join(folder, 'daemon.log'), 'utf8');
    await close();
    return { missing: `docker cannot run a container here: ${lastLine(why)}` };
  }
  return {
    ...service('docker', env),
    cannotPause: pauseProblem('docker', env),
    cleaning: () => [],
    close,
  };
}

/** Starts a daemon without networks, whose images are plain copies. */
function startDaemon(folder: string): ChildProcess {
  const log = openSync(join(folder, 'daemon.log'), 'w');
  const args = [
    ...['--host', `unix://${folder}/docker.sock`, '--pidfile', `${folder}/docker.pid`],
    ...['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`],
    ...['--storage-driver=vfs', '--bridge=none', '--iptables=false', '--ip6tables=false'],
  ];
  return spawn('dockerd', args, { stdio: ['ignore', log, log] });
}

/** Milliseconds after which a daemon that answers nothing counts as unusable here. */
const ANSWER_MS = 60_000;

/** Waits until a daemon answers or ends; there is no event. */
async function answering(daemon: ChildProcess, env: Environment): Promise<boolean> {
  daemon.once('error', () => undefined);
  const from = performance.now();
  while (
    daemon.pid !== undefined &&
    daemon.exitCode === null &&
    performance.now() - from < ANSWER_MS
  ) {
    if (run(env, 'docker', 'version').ok) return true;
    await delay(50);
  }
  return false;
}

/**
 * Settings with which podman may run here: its own, and those for machines that are containers
 * themselves, which can neither raise limits nor make networks.
 */
const NESTED = `default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\nnetns = "host"\n`;
const SETTINGS = [
  '',
  `[containers]\n${NESTED}[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\n`,
  `[containers]\n${NESTED}cgroups = "disabled"\n[engine]\nruntime = "crun"\ncgroup_manager = "cgroupfs"\n`,
];

function podman(folder: string, archive: string): PreparedEngine {
  const storage = join(folder, 'storage.conf');
  writeFileSync(
    storage,
    `[storage]\ndriver = "vfs"\ngraphroot = "${folder}/graph"\nrunroot = "${folder}/run"\n`,
  );
  const user = process.getuid?.() === 0 ? [] : ['--userns=keep-id'];
  const [first = '', ...rest] = TRIED;
  let why = '';
  for (const settings of SETTINGS) {
    const file = join(folder, 'containers.conf');
    writeFileSync(file, settings);
    const env: Environment = {
      CONTAINERS_STORAGE_CONF: storage,
      ...(settings === '' ? {} : { CONTAINERS_CONF: file }),
    };
    const imported = run(env, 'podman', 'import', archive, IMAGE);
    const ran = imported.ok ? run(env, 'podman', first, ...user, ...rest) : imported;
    why = lastLine(ran.text);
    if (ran.ok)
      return {
        ...service('podman', env),
        cannotPause: pauseProblem('podman', env),
        cleaning: () => processesWith(folder, 'cmdline'),
        close: () => Promise.resolve(),
      };
  }
  return { missing: `podman cannot run a container here: ${why}` };
}

/** The image is a folder; a root without all its rights needs a user namespace. */
function apptainer(image: string): PreparedEngine {
  const tried = [{}, { APPTAINER_USERNS: '1' }].map((env) => ({
    env,
    ...run(env, 'apptainer', 'exec', '--cleanenv', image, 'sh', '-c', 'true'),
  }));
  const ready = tried.find(({ ok }) => ok);
  if (ready === undefined)
    return { missing: `apptainer cannot run a container here: ${lastLine(tried[0]?.text ?? '')}` };
  return {
    name: 'apptainer',
    image,
    env: ready.env,
    isService: false,
    cannotPause: null,
    containers: () => [],
    inspect: () => '',
    cleaning: () => [],
    close: () => Promise.resolve(),
  };
}
