/** Searches a Python script as a user does: `init`, `run`, and what the lab file has afterwards. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import type { TrialRecord } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { start } from './built-command.ts';
import { temporaryFolder } from './temporary-folder.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/** Folder of the Python module `galapagos`. */
export const PYTHON_MODULE = join(import.meta.dirname, '../../resources/python');

export type ProposedStudy = Omit<StudyFile, 'objective'> & {
  readonly objective: Readonly<Record<string, unknown>>;
};

export interface ScriptPlace {
  /** Folder of the script, and of the study file. */
  readonly project: string;
  /** User folder. */
  readonly home: string;
}

/** Gives each test of a file its own folders, inside `path`, and deletes them after it. */
export function scriptPlace(): ScriptPlace & { readonly path: string } {
  let folder: TemporaryFolder;
  const place = {
    get path() {
      return folder.path;
    },
    get project() {
      return folder.file('projet é');
    },
    get home() {
      return folder.file('home');
    },
  };
  beforeEach(() => {
    folder = temporaryFolder();
    mkdirSync(place.project);
  });
  afterEach(() => folder.remove());
  return place;
}

async function galapagos({ project, home }: ScriptPlace, ...args: readonly string[]) {
  const { code, stdout, stderr } = await start(args, project, undefined, { GALAPAGOS_HOME: home })
    .ended;
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
}

/**
 * Runs `init` on a script, changes what a test needs of the study, and runs it.
 * @param args that the script needs
 * @returns the ended trials
 */
export async function searchScript(
  place: ScriptPlace,
  script: string,
  interpreter: string,
  change: (study: ProposedStudy) => object,
  args: readonly string[] = [],
): Promise<readonly TrialRecord[]> {
  const given = args.length === 0 ? [] : ['--', ...args];
  await galapagos(place, 'init', script, '--python', interpreter, ...given);
  const file = join(place.project, 'study.json');
  const study = JSON.parse(readFileSync(file, 'utf8')) as ProposedStudy;
  const env = { PYTHONPATH: PYTHON_MODULE, PYTHONDONTWRITEBYTECODE: '1', MPLBACKEND: 'Agg' };
  const objective = { ...study.objective, env };
  writeFileSync(file, JSON.stringify({ ...study, objective, ...change({ ...study, objective }) }));
  await galapagos(place, 'run', 'study.json', '--workers', '2');
  const reader = readLab(join(place.project, 'lab.db'));
  try {
    return [...reader.trials(study.name)];
  } finally {
    reader.close();
  }
}
