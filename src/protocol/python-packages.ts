/** Versions of a Python and of packages that a study's script imports, as machines compare them. */
import { z } from 'zod';

/** Most modules that are compared. */
export const MOST_MODULES = 200;

/** Name of a module; never begins with a dash, because it becomes an argument. */
export const moduleName = z.string().regex(/^[A-Za-z_]\w{0,99}$/, {
  error: 'expected the name of a Python module of at most 100 characters',
});

export const pythonPackages = z.strictObject({
  /** Version of the interpreter. */
  python: z.string().min(1).max(64),
  /** Version by module, without those of the standard library; empty: unknown, null: missing. */
  packages: z
    .record(moduleName, z.string().max(100).nullable())
    .refine((packages) => Object.keys(packages).length <= MOST_MODULES, {
      error: `expected at most ${MOST_MODULES} packages`,
    }),
});
export type PythonPackages = Readonly<z.output<typeof pythonPackages>>;
