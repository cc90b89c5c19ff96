/** Output of `python` and `init` with `--json`: commands for training scripts. */
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
