/**
 * Sources of wheels: a file that the user named, pip if Python is available, otherwise the index
 * itself.
 */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallationFailed } from './failure.ts';
import {
  download,
  findWheel,
  fitsMachine,
  requirementText,
  type Requirement,
} from './python-index.ts';
import { runProgram } from './run-program.ts';

export interface InstallEnvironment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly arch: string;
  readonly signal: AbortSignal;
}

export interface WheelSource {
  /** URL of PyPI's JSON interface or of a mirror. */
  readonly index: string;
  /** Folder for downloads; incomplete ones are continued. */
  readonly downloads: string;
}

export interface Obtained {
  readonly file: string;
  readonly by: 'file' | 'pip' | 'index';
}

export type Progress = (note: string, done?: number, total?: number) => void;

/**
 * Returns the user's wheel without downloading.
 * @param named path given by the user
 */
export function namedWheel(named: string): Obtained {
  if (!existsSync(named)) {
    throw new InstallationFailed('libraries', {
      expected: `the wheel ${named}`,
      found: 'no such file',
      remedy: 'name a wheel of tensorflow or tensorflow-cpu for Linux',
    });
  }
  return { file: named, by: 'file' };
}

/**
 * Downloads the wheel.
 * @throws InstallationFailed with the errors of pip and the index
 */
export async function obtainWheel(
  requirement: Requirement,
  source: WheelSource,
  around: InstallEnvironment,
  progress: Progress,
): Promise<Obtained> {
  await mkdir(source.downloads, { recursive: true, mode: 0o700 });
  const said: string[] = [];
  const python = await pythonWithPip(around);
  if (python === undefined) said.push('no Python with pip');
  else {
    progress(`pip download ${requirementText(requirement)}`);
    const args = [
      ...DOWNLOAD,
      '--dest',
      source.downloads,
      ...platforms(around.arch),
      requirementText(requirement),
    ];
    const { code, lastWords } = await runProgram(python, args, around);
    const file = downloaded(source.downloads, requirement, around.arch);
    if (code === 0 && file !== undefined) return { file, by: 'pip' };
    said.push(`pip (${python}): ${lastWords === '' ? `exit code ${String(code)}` : lastWords}`);
  }
  try {
    progress(`looking for ${requirementText(requirement)} at ${source.index}`);
    const wheel = await findWheel(source.index, requirement, around.arch, around.signal);
    const file = await download(wheel, source.downloads, around.signal, (done, total) =>
      progress(wheel.filename, done, total),
    );
    return { file, by: 'index' };
  } catch (error) {
    around.signal.throwIfAborted();
    said.push(error instanceof Error ? error.message : String(error));
    throw new InstallationFailed(
      'libraries',
      {
        expected: `${requirementText(requirement)} from pip or ${source.index}`,
        found: said.join('; '),
        remedy:
          'connect this machine to the network and try again (the download continues), or download the wheel elsewhere and pass it as --wheel FILE',
      },
      error,
    );
  }
}

const DOWNLOAD = [
  '-m',
  'pip',
  'download',
  '--no-deps',
  '--only-binary',
  ':all:',
  '--no-input',
  '--progress-bar',
  'off',
  '--implementation',
  'cp',
  '--python-version',
  '3.11',
];

function platforms(arch: string): string[] {
  const processor = arch === 'arm64' ? 'aarch64' : 'x86_64';
  return ['manylinux2014', 'manylinux_2_17', 'manylinux_2_27', 'manylinux_2_28'].flatMap(
    (platform) => ['--platform', `${platform}_${processor}`],
  );
}

async function pythonWithPip(around: InstallEnvironment): Promise<string | undefined> {
  for (const python of ['python3', 'python']) {
    const { code } = await runProgram(python, ['-m', 'pip', '--version'], around);
    if (code === 0) return python;
  }
  return undefined;
}

/** The newest downloaded wheel; of the pinned version where the requirement names one. */
function downloaded(
  folder: string,
  { name, specifiers }: Requirement,
  arch: string,
): string | undefined {
  const exact = specifiers.find(({ operator }) => operator === '==')?.version;
  const stem = `${name.replaceAll(/[-_.]+/g, '_').toLowerCase()}-${exact === undefined ? '' : `${exact}-`}`;
  const file = readdirSync(folder)
    .filter((candidate) => candidate.toLowerCase().startsWith(stem) && fitsMachine(candidate, arch))
    .sort()
    .at(-1);
  return file === undefined ? undefined : join(folder, file);
}
