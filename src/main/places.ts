/** Where things lie, in a clone and in the packed app; nothing here is created. */
import { existsSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import type { WorkerProgram } from '../lab/start-lab.ts';

export interface Surroundings {
  /** Absolute: the folder of the built entry, `out/main`. */
  readonly entryFolder: string;
  readonly packaged: boolean;
  /** Electron's `process.resourcesPath`. */
  readonly resourcesPath: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Places {
  /** What comes with Galapagos: data sets, networks, icons. */
  readonly resources: string;
  /** The built window. */
  readonly window: string;
  readonly preload: string;
  /** The worker and a plain Node for it: Electron's own cannot run one. Null: no Node was found. */
  readonly worker: WorkerProgram | null;
}

export function placesOf({
  entryFolder,
  packaged,
  resourcesPath,
  platform,
  env,
}: Surroundings): Places {
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

/** A plain Node sees no archive: what it runs lies beside it. */
function outsideArchive(path: string): string {
  return path.replace(`${sep}app.asar${sep}`, `${sep}app.asar.unpacked${sep}`);
}

/** The one that npm runs on, else the first on the path. */
function nodeOfClone(program: string, env: Surroundings['env']): string | null {
  const npms = env['npm_node_execpath'];
  if (npms !== undefined && existsSync(npms)) return npms;
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}
