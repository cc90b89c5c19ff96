/** The configuration file that runs a trial's program again, outside of Galapagos. */
import { basename, extname, join, posix } from 'node:path';
import type { Params } from '../../core/search-space/distribution.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import { filledConfig, passesConfig, studyConfig } from './config/trial-config.ts';
import { seedAndParams } from './program-seed.ts';
import type { TrialFacts } from './template.ts';

/** Folders that a line makes in the working folder, relative to it. */
export function championFolders(trial: number): Pick<TrialFacts, 'trialDir' | 'checkpointDir'> {
  return { trialDir: `trial-${trial}`, checkpointDir: `checkpoints-${trial}` };
}

/**
 * Text of the file with the values of a trial; null: the objective has none.
 * @param study its seed
 * @throws ConfigError where the file of the project is gone, or does not parse
 */
export function championConfig(
  objective: CommandObjective,
  chosen: Params,
  { seed: study, trial }: { readonly seed: number; readonly trial: number },
  userFolder: string,
): { readonly file: string; readonly text: string } | null {
  const { config } = objective;
  if (config === undefined) return null;
  const { seed, params } = seedAndParams(objective, chosen, study, trial);
  const facts = { seed, trial, ...championFolders(trial) };
  const text = studyConfig(objective, config.file, userFolder);
  return { file: config.file, text: filledConfig(config, text, params, facts) };
}

/**
 * Returns where a line has that file written, relative to the working folder; null: there is none.
 */
export function championConfigPath(
  objective: CommandObjective,
  chosen: Params,
  trial: number,
): { readonly path: string; readonly replaces: boolean } | null {
  const { config } = objective;
  if (config === undefined) return null;
  if (!passesConfig(objective, Object.keys(chosen))) return { path: config.file, replaces: true };
  const ending = extname(config.file);
  const name = `${basename(config.file, ending)}.trial-${trial}${ending}`;
  // Beside the file, so that paths relative to it hold.
  return { path: posix.join(posix.dirname(config.file), name), replaces: false };
}

/** Words of the command that writes it. @param lab absolute path of the lab file */
export function writingWords(
  { path, replaces }: { readonly path: string; readonly replaces: boolean },
  folder: string,
  trial: number,
  { study, lab }: { readonly study: string; readonly lab: string },
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  return [
    // npm runs the program of a clone.
    ...(env['npm_execpath'] === undefined ? [] : ['npx']),
    ...['galapagos', 'config', study, String(trial), '--lab', lab],
    ...['--output', join(folder, path), ...(replaces ? ['--replace'] : [])],
  ];
}
