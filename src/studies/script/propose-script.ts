/**
 * Proposes a study for any script that a person chose in the window: what `galapagos init` finds,
 * or where it finds no parameters, a command to complete by hand. Starts no training.
 */
import { statSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve, sep } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { findPython } from '../../objectives/command/python/python.ts';
import type { ProposedScript } from '../../protocol/window/script.ts';
import { initStudy, sourceOf } from './init-study.ts';
import type { InitOptions } from './init-study.ts';
import { projectOf } from './script-call.ts';

export interface ScriptRequest {
  readonly script: string;
  /** Absolute path of the working folder; null: the script's. */
  readonly folder: string | null;
  readonly python: string | null;
  readonly args: readonly string[];
  /** Absolute path of the folder that relative paths start from. */
  readonly cwd: string;
  readonly env: InitOptions['env'];
}

/** Programs that run files of these endings. */
const RUN_BY: Readonly<Record<string, string>> = {
  '.sh': 'sh',
  '.r': 'Rscript',
  '.jl': 'julia',
  '.js': 'node',
  '.pl': 'perl',
  '.rb': 'ruby',
};

/** Absolute path of the script. @throws GalapagosError `not-read`: there is no such file */
export function scriptPath({ script, cwd }: Pick<ScriptRequest, 'script' | 'cwd'>): string {
  const path = resolve(cwd, script.trim());
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return path;
  throw new GalapagosError(
    'not-read',
    found === undefined ? `there is no file ${path}` : `${path} is not a file`,
    { file: path },
  );
}

/**
 * @param signal ends the program that prints the help; the source is read then
 * @throws GalapagosError `not-read`, `program-failed`
 */
export async function proposeScript(
  request: ScriptRequest,
  signal?: AbortSignal,
): Promise<ProposedScript> {
  const { python, args, cwd, env } = request;
  const script = scriptPath(request);
  const folder = request.folder === null ? folderOf(script) : resolve(cwd, request.folder);
  const file = join(folder, 'study.json');
  const options = { script, file, args, python: python ?? undefined, cwd, env, signal };
  if (extname(script) !== '.py')
    return byHand(script, folder, args, [
      'only Python scripts are looked into: name the parameters below, and how the command passes them',
    ]);
  try {
    const { study, searched, unknown, fixed, notes, ...found } = await initStudy(options);
    const objective = study['objective'] as Readonly<Record<string, unknown>>;
    return {
      script,
      study: { ...study, objective: { ...objective, folder } },
      python: { program: found.python.program, origin: found.python.origin },
      source: found.source,
      defaults: Object.fromEntries(searched.map((each) => [each.name, each.default])),
      unknown: [...unknown],
      fixed: [...fixed],
      notes: [...notes],
    };
  } catch (error) {
    // The script shows no parameters; the person may know them.
    if (!(error instanceof GalapagosError) || error.code !== 'unsupported') throw error;
    return byHand(script, folder, args, [error.message], findPython({ folder, env }).program);
  }
}

function folderOf(script: string): string {
  return extname(script) === '.py' ? projectOf(script, sourceOf(script)) : dirname(script);
}

function byHand(
  script: string,
  folder: string,
  args: readonly string[],
  notes: readonly string[],
  program: string | undefined = RUN_BY[extname(script).toLowerCase()],
): ProposedScript {
  const inside = relative(folder, script).split(sep).join('/');
  const named = program === undefined && !inside.includes('/') ? `./${inside}` : inside;
  const command = [...(program === undefined ? [] : [program]), named, ...args, '{params:flags}'];
  return {
    script,
    study: {
      format: 'galapagos-study/1',
      name: basename(script, extname(script)),
      objective: {
        kind: 'command',
        command: command.map((each, i) => (i === command.length - 1 ? each : doubled(each))),
        folder,
        result: { stdout: 'accuracy=([-+.0-9eE]+)' },
      },
      direction: 'maximize',
      searchSpace: { x: { type: 'float', low: 0, high: 1 } },
      sampler: { name: 'auto' },
      stop: { trials: 64 },
      seed: 1,
    },
    python: null,
    source: null,
    defaults: {},
    unknown: [],
    fixed: [],
    notes: [...notes],
  };
}

function doubled(text: string): string {
  return text.replaceAll(/[{}]/g, '$&$&');
}
