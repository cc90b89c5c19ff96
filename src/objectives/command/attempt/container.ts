/**
 * Command lines that run a program in a container of docker, podman or apptainer: folders are
 * mounted at their own paths, the user keeps its id, and the container has a name by which it is
 * ended. Pure.
 */
import type { CommandObjective } from '../../../protocol/command-objective.ts';

export type Container = NonNullable<CommandObjective['container']>;

/** A running container that its engine's service, not this process, owns. */
export interface NamedContainer {
  /** Absolute path of the engine. */
  readonly engine: string;
  readonly name: string;
}

export interface ContainerParts {
  /** The program and its arguments, as the image knows them. */
  readonly command: readonly string[];
  readonly name: string;
  /** Working folder. */
  readonly folder: string;
  /** Folders that the program reads and writes, beside the working folder. */
  readonly folders: readonly string[];
  readonly temporaryDir: string;
  /** Environment of a program outside of containers. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables that the objective adds. */
  readonly added: readonly string[];
  /** Null: this system has no such ids. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Unique id of the NVIDIA card; null: none. */
  readonly gpu: string | null;
}

/** Variables that describe this machine and not what a trial is told. */
const OF_MACHINE =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LD_LIBRARY_PATH|DYLD_\w+|VIRTUAL_ENV|CONDA_\w+|MAMBA_ROOT_PREFIX|UV_PROJECT_ENVIRONMENT|XDG_\w+|NVIDIA_\w+|TERM)$/;

/**
 * Variables by which engines find their service, settings, images and containers. All commands of
 * an engine need the same ones, or it does not find the container that it has started.
 */
const OF_ENGINES =
  /^(PATH|HOME|USER|TMPDIR|XDG_\w+|DBUS_SESSION_BUS_ADDRESS|REGISTRY_AUTH_FILE|(DOCKER|CONTAINERS?|APPTAINER|SINGULARITY)_\w+)$/;

/** Variables of this process that an engine needs, beside what a program is told. */
export function engineEnvironment(own: NodeJS.ProcessEnv = process.env): Record<string, string> {
  return Object.fromEntries(
    Object.entries(own).flatMap(([name, value]) =>
      value !== undefined && OF_ENGINES.test(name) ? [[name, value]] : [],
    ),
  );
}

/** Memory for shared memory, without which data loaders of several processes fail. */
const SHARED_MEMORY = '8g';

/** Returns the engine's arguments, and its environment beside `engineEnvironment`. */
export function containerArguments(
  { image, engine }: Container,
  parts: ContainerParts,
): { readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const { command, name, folder, folders, temporaryDir, user, gpu } = parts;
  const told = variables(parts);
  const mounts = [...new Set([folder, ...folders])].flatMap((path) => ['--mount', mount(path)]);
  if (engine === 'apptainer') {
    const gpus = gpu === null ? [] : ['--nv'];
    const env = Object.fromEntries(
      Object.entries(told).map(([key, value]) => [`APPTAINERENV_${key}`, value]),
    );
    return {
      args: [
        ...['exec', '--cleanenv', ...gpus, '--home', temporaryDir, ...mounts],
        ...['--pwd', folder, image, ...command],
      ],
      // Without this variable, a shell evaluates the values.
      env: { ...env, APPTAINER_NO_EVAL: '1' },
    };
  }
  const ids = user === null ? [] : ['--user', `${user.uid}:${user.gid}`];
  const gpus =
    gpu === null
      ? []
      : engine === 'docker'
        ? ['--gpus', `device=${gpu}`]
        : ['--device', `nvidia.com/gpu=${gpu}`];
  return {
    args: [
      ...['run', '--rm', '--init', '--name', name, '--workdir', folder],
      ...ids,
      // Podman refuses this to root, whose containers have the machine's ids anyway.
      ...(engine === 'podman' && user !== null && user.uid !== 0 ? ['--userns=keep-id'] : []),
      ...['--shm-size', SHARED_MEMORY],
      ...gpus,
      ...mounts,
      ...Object.entries({ HOME: temporaryDir, ...told }).flatMap(([key, value]) =>
        // The engine takes a value from its own environment, which keeps it out of lists of
        // processes; the engine itself would follow the ones that it reads.
        ['--env', OF_ENGINES.test(key) ? `${key}=${value}` : key],
      ),
      image,
      ...command,
    ],
    env: Object.fromEntries(Object.entries(told).filter(([key]) => !OF_ENGINES.test(key))),
  };
}

function variables({ env, added }: ContainerParts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => added.includes(name) || !OF_MACHINE.test(name)),
  );
}

/** A folder at its own path; engines read this as a line of CSV. */
function mount(path: string): string {
  return ['type=bind', `source=${path}`, `target=${path}`].map(csvField).join(',');
}

function csvField(text: string): string {
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Name of an attempt's container, unique on this machine. */
export function containerName(
  study: string,
  trial: number,
  attempt: number,
  process: number,
): string {
  return `galapagos-${study.replaceAll(/[^A-Za-z0-9_.-]/g, '_')}-${trial}-${attempt}-${process}`;
}
