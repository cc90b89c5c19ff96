/** Paths of the app's parts, in a clone and in the packaged app. Creates nothing. */
import { existsSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import type { WorkerProgram } from '../lab/worker-program.ts';

export interface AppEnvironment {
  /** Absolute path of the folder of the built entry, `out/main`. */
  readonly entryFolder: string;
  readonly packaged: boolean;
  /** Value of Electron's `process.resourcesPath`. */
  readonly resourcesPath: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Places {
  /** Folder of the files shipped with Galapagos: datasets, networks, icons. */
  readonly resources: string;
  /** Folder of the built window. */
  readonly window: string;
  readonly preload: string;
  /**
   * Entry of the worker and the Node program that runs it, because Electron cannot run workers;
   * null when no Node was found.
   */
  readonly worker: WorkerProgram | null;
}

export function placesOf({
  entryFolder,
  packaged,
  resourcesPath,
  platform,
  env,
}: AppEnvironment): Places {
  const program = platform === 'win32' ? 'node.exe' : 'node';
  const node = packaged ? join(resourcesPath, 'node', 'bin', program) : nodeOfClone(program, env);
  return {
    resources: packaged
      ? join(resourcesPath, 'resources')
      : join(entryFolder, '..', '..', 'resources'),
    window: join(entryFolder, '..', 'renderer'),
    preload: join(entryFolder, '..', 'preload', 'index.cjs'),
    worker:
      node === null
        ? null
        : { entry: join(outsideArchive(entryFolder), 'worker.js'), execPath: node },
  };
}

/** Path of an unpacked file: plain Node cannot read inside the asar archive. */
function outsideArchive(path: string): string {
  return path.replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
}

/** Path of the Node that runs npm, otherwise of the first one on PATH; null when there is none. */
function nodeOfClone(program: string, env: AppEnvironment['env']): string | null {
  const npms = env['npm_node_execpath'];
  if (npms !== undefined && existsSync(npms)) return npms;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}
