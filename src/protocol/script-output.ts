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
