/** Output of `python`, `init`, `logs`, `config` and `check STUDY.json` with `--json`. */
import { z } from 'zod';
import { strict } from './problems.ts';

/** Output of `python path`. */
export const pythonPathOutput = strict({
  folder: z.string().describe('Folder for pip install; it contains galapagos.py.'),
  file: z.string(),
});
export type PythonPathOutput = z.output<typeof pythonPathOutput>;

/** Output of `python install`. */
export const pythonInstallOutput = strict({
  python: z.string().describe('The interpreter.'),
  version: z.string(),
  file: z.string().describe('The module, in the site-packages folder of that Python.'),
  state: z.enum(['installed', 'updated', 'unchanged']),
});
export type PythonInstallOutput = z.output<typeof pythonInstallOutput>;

const literal = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Output of `init`. */
export const initOutput = strict({
  file: z.string().describe('The study file that was written.'),
  study: z.record(z.string(), z.unknown()).describe('Its content.'),
  python: z.string().describe('The interpreter of the command.'),
  source: z.string().describe('How the parameters were found.'),
  searched: z.array(
    strict({
      name: z.string(),
      default: literal.describe('Its default in the script; null: none, or unknown.'),
    }),
  ),
  unknown: z
    .array(z.string())
    .describe('Options that are not searched because their meaning is unknown.'),
  fixed: z.array(z.string()).describe('Options that stay as they are in the script.'),
  notes: z.array(z.string()).describe('What is uncertain or could not be found.'),
});
export type InitOutput = z.output<typeof initOutput>;

/** A line of `logs --json`: a stretch of what a trial's program printed. */
export const logsOutput = strict({
  trial: z.int().min(0),
  attempt: z.int().min(1),
  omitted: z.int().min(0).describe('Bytes before these lines that were not kept.'),
  lines: z.array(z.string()).describe('A line that is not whole yet may come in two parts.'),
});
export type LogsOutput = z.output<typeof logsOutput>;

/** Output of `config`. */
export const configOutput = strict({
  study: z.string(),
  trial: z.int().min(0),
  config: z.string().describe('The file of the project, relative to the working folder.'),
  text: z.string().describe('Its content with the values of the trial.'),
  file: z.string().exactOptional().describe('The file that was written; absent: none.'),
});
export type ConfigOutput = z.output<typeof configOutput>;

/** Output of `check` for a study file; problems are an error (`errorOutput`). */
export const checkStudyOutput = strict({
  file: z.string(),
  ok: z.literal(true),
  study: z.string(),
  notes: z.array(z.string()),
  command: z
    .string()
    .exactOptional()
    .describe('What a trial of an example point runs; absent: the study runs no program.'),
});
export type CheckStudyOutput = z.output<typeof checkStudyOutput>;
