/**
 * Schema of the objective `command`: a program, the rules that find its values, and what is kept of
 * it. The program and its folder are checked where the objective is (`src/objectives/command`).
 */
import { z } from 'zod';
import { snapshotHash, snapshotPath } from './code-snapshot.ts';
import { confirmed, statedSeed } from './fresh-seeds.ts';
import { strict } from './problems.ts';

const file = z.string().min(1).max(1024);

/** Seconds that a program has after SIGTERM. */
const GRACE_SECONDS = 10;
/** Megabytes of output kept of an attempt. */
const OUTPUT_MB = 10;

/** Rule that finds a value; its expressions and paths are checked with the objective. */
const rule = z.union(
  [
    strict({
      stdout: z
        .string()
        .min(1)
        .max(1000)
        .describe(
          'A regular expression with one group, matched with each line of standard output.',
        ),
    }),
    strict({
      output: z
        .string()
        .min(1)
        .max(1000)
        .describe(
          'The same, matched with each line of standard output and of standard error, to which loggers write.',
        ),
    }),
    strict({
      json: file.describe('A JSON file, relative to the folder of the attempt.'),
      key: z.string().min(1).max(1024).describe('The path of the value, such as "val.acc".'),
    }),
    strict({
      csv: file.describe('A CSV file with a header, relative to the folder of the attempt.'),
      column: z.string().min(1).max(1024).describe('The name of the column.'),
    }),
  ],
  {
    error:
      '{"stdout": regular expression}, {"output": regular expression}, {"json": file, "key": path} or {"csv": file, "column": name}',
  },
);

export type ValueRule = z.output<typeof rule>;

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,255}$/, {
  error: 'a name of letters, digits and "_" that does not begin with a digit',
});

const resources = strict({
  gpus: z
    .union([z.literal(0), z.literal(1), z.literal('shared')], { error: '0, 1 or "shared"' })
    .exactOptional()
    .describe(
      'GPUs that a trial uses. 0: none, on CPU workers. 1: one for itself. shared: a part of one; the first trials of a study run alone, which measures their memory, then as many side by side as fit. Absent: trials run on CPU and GPU workers.',
    ),
  cpus: z
    .int()
    .min(1)
    .max(100_000)
    .exactOptional()
    .describe(
      'Cores that a trial uses: as many trials run at once as the machine has cores for, and OMP_NUM_THREADS is this number. Absent: the share of the worker.',
    ),
  memoryGb: z
    .number()
    .positive()
    .max(1_000_000)
    .exactOptional()
    .describe(
      'Gigabytes of main memory that a trial uses: as many trials run at once as fit. Absent: no limit.',
    ),
}).describe('What a trial needs of the machine.');

/** Written by Galapagos when a study starts from a file. */
const snapshot = strict({
  hash: snapshotHash.describe('SHA-256 of its list of entries.'),
  project: z
    .string()
    .min(1)
    .max(4096)
    .describe('The folder that it was taken of, on the machine of the lab.'),
  folder: z
    .union([z.literal('.'), snapshotPath])
    .describe('The working folder, relative to the project folder.'),
}).describe(
  'The copy of the project folder that trials run in. Galapagos writes it when the study starts.',
);

export type CodeSnapshot = z.output<typeof snapshot>;

export const commandObjective = strict({
  kind: z.literal('command'),
  command: z
    .array(z.string().max(100_000))
    .min(1)
    .max(10_000)
    .describe(
      'The program and its arguments, started without a shell. {name} stands for a parameter, {params:flags} for "--name value" of each, {params:hydra} for "name=value" of each; {seed} and {trial} for the seed and the number of the trial, {trialDir} for its folder and {checkpointDir} for the one that is kept, {config} for the configuration file; {{ and }} for braces.',
    ),
  folder: z
    .string()
    .min(1)
    .max(4096)
    .default('.')
    .describe('The working folder, in the folder of the study file.'),
  config: strict({
    file: file.describe(
      'A YAML, JSON or TOML file, relative to the working folder. Each attempt gets a copy in which parameters with the name of a value, such as optimizer.lr, replace it.',
    ),
    set: z
      .record(
        z.string().min(1).max(1024),
        z.union([z.string().max(100_000), z.number(), z.boolean(), z.null()]),
      )
      .exactOptional()
      .describe(
        'Further values of the copy by their names. Texts may contain {seed}, {trial}, {trialDir}, {checkpointDir} and parameters.',
      ),
  })
    .exactOptional()
    .describe(
      'The configuration file of the program. {config} in the command is the path of the copy of a trial; without it the program finds the values in the file itself, in the copy of the project folder.',
    ),
  python: file
    .exactOptional()
    .describe(
      'The folder of a Python environment, or an interpreter, relative to the study file: its programs come first on PATH, and python and python3 in the command are its interpreter. Absent: where the command begins with one of these, the active environment or that of the folder (.venv, uv, conda).',
    ),
  container: strict({
    image: z
      .string()
      .min(1)
      .max(4096)
      .regex(/^[^-]/, { error: 'the name of an image, which does not begin with "-"' })
      .describe('The image, as the engine names it; of apptainer also the path of a .sif file.'),
    engine: z.enum(['docker', 'podman', 'apptainer']),
  })
    .exactOptional()
    .describe(
      'Runs the command in a container of this image, with the working folder and the folders of the trial mounted at their own paths.',
    ),
  env: z
    .record(environmentName, z.string().max(100_000).nullable())
    .exactOptional()
    .describe(
      'Environment variables added for the program; null passes on the variable as it is where Galapagos was started, and keeps its value out of the lab file.',
    ),
  result: rule
    .exactOptional()
    .describe(
      'Where the trial\'s value is found: the last match, the key, or the last row. Absent: the program appends {"result": value} to the file that GALAPAGOS_REPORTS names.',
    ),
  reports: rule
    .exactOptional()
    .describe(
      'Where the values of epochs are found: each match, each number of a list, or each row, counted from 0. Absent: the program appends {"step", "value"} to the file that GALAPAGOS_REPORTS names.',
    ),
  epochs: z
    .union([z.int().min(1).max(1_000_000), strict({ $param: z.string() })], {
      error: 'an integer ≥ 1, or {"$param": name}',
    })
    .exactOptional()
    .describe('How often a trial reports; pruning needs this or "reports".'),
  seed: statedSeed
    .exactOptional()
    .describe(
      'What {seed} and GALAPAGOS_SEED are: a number, or {"$param": name}, a parameter that the program is not told otherwise. Absent: drawn from the seed of the study and the number of the trial.',
    ),
  resources: resources.exactOptional(),
  timeoutMinutes: z
    .number()
    .positive()
    .max(1_000_000)
    .exactOptional()
    .describe('Minutes after which an attempt is ended and its trial fails; absent: no limit.'),
  graceSeconds: z
    .number()
    .min(0)
    .max(3600)
    .default(GRACE_SECONDS)
    .describe('Seconds between the request to end and the end by force.'),
  confirms: confirmed.exactOptional(),
  snapshot: snapshot.exactOptional(),
  keep: strict({
    outputMb: z
      .number()
      .min(0.01)
      .max(100_000)
      .default(OUTPUT_MB)
      .describe('Most megabytes of output kept of an attempt: its first half and its last half.'),
    checkpoints: z
      .enum(['best', 'all', 'none'])
      .default('best')
      .describe('Whose checkpoint folder is kept: of the best trial, of all, or of none.'),
  })
    .default({ outputMb: OUTPUT_MB, checkpoints: 'best' })
    .describe('What is kept of ended trials.'),
});

export type CommandObjective = z.output<typeof commandObjective>;
