/**
 * Output of commands with `--json`, except `run` (run-output.ts), `best` and `export`
 * (best-configs.ts), `ask-tell` (ask-tell.ts) and those of a shared lab (cli-output-lab.ts). One
 * document each; `trials` prints one on each line.
 */
import { z } from 'zod';
import { auditVerdicts } from '../core/study/row-codes.ts';
import {
  earlyStops,
  lineage,
  objectiveValues,
  params,
  refusedPoint,
  schedule,
  searchEdit,
  searchEdits,
  studyEnergy,
  violates,
} from './best-configs.ts';
import { strict } from './problems.ts';
import { scoreFields } from './score.ts';
import { paramValue, searchSpace } from './search-space.ts';
import {
  audit,
  constraints,
  devices,
  direction,
  objectives,
  packing,
  pruner,
  sampler,
  seed,
} from './study-file.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);
export const instant = z.iso.datetime().nullable().describe('UTC; null: not yet, or unknown.');

/** Error on stderr of every command with `--json`. */
export const errorOutput = strict({
  ok: z.literal(false),
  error: strict({
    code: z.string(),
    message: z.string(),
    problems: z.array(
      strict({
        code: z.string(),
        path: z.string(),
        expected: z.string(),
        found: z.string(),
        hint: z.string().nullable(),
      }),
    ),
  }),
});
export type ErrorOutput = z.output<typeof errorOutput>;

const report = strict({
  epoch: count,
  value: z.number().nullable().describe('Null: not a finite number.'),
});

const studySummary = strict({
  name: z.string(),
  uid: z.string().nullable().describe('Null: a study of Optuna, not of Galapagos.'),
  note: z.string().describe('What the user wrote about it; empty: nothing.'),
  deleted: z
    .boolean()
    .describe('Whether the user deleted it: it can be restored until it is removed.'),
  state: z.string().nullable(),
  interrupted: z
    .literal(true)
    .exactOptional()
    .describe('The program that ran it ended without pausing it; absent: it did not.'),
  reason: z.string().nullable().describe('Why it is in that state.'),
  direction,
  counts: strict({ waiting: count, running: count, complete: count, pruned: count, failed: count }),
  limits: strict({
    trials: count.nullable(),
    minutes: z.number().nullable(),
    target: z.number().nullable(),
  }),
  ...scoreFields,
  best: strict({ trial: count, value: z.number() }).nullable(),
});

/** Output of `studies rename`, `note`, `delete` and `restore`. */
export const changedStudyOutput = strict({ lab: z.string(), study: studySummary });

/** Points that were enqueued, with the parameters that were given. */
export const enqueueOutput = strict({
  lab: z.string(),
  study: z.string(),
  points: z.array(z.record(z.string(), paramValue)),
});
export type EnqueueOutput = z.output<typeof enqueueOutput>;

/** Result of `galapagos edit`. */
export const editOutput = strict({
  lab: z.string(),
  study: z.string(),
  dryRun: z.boolean().describe('Whether the edit was only checked.'),
  first: count.describe('Number of the first trial that is proposed after the edit.'),
  told: count
    .nullable()
    .describe(
      'Number of earlier trials that the sampler learns from; null: only the pruner changes.',
    ),
  changes: z.array(z.string()).describe('One line for each change.'),
  outside: z
    .array(refusedPoint)
    .exactOptional()
    .describe('Enqueued points that wait and that the study will refuse; absent: none.'),
});
export type EditOutput = z.output<typeof editOutput>;

export const studiesOutput = strict({ lab: z.string(), studies: z.array(studySummary) });
export type StudiesOutput = z.output<typeof studiesOutput>;

/** Search space, sampler and devices of a study. */
const searched = strict({
  objective: z.looseObject({ kind: z.string() }),
  objectives: objectives.exactOptional(),
  constraints: constraints.exactOptional(),
  searchSpace,
  sampler,
  seed,
  pruner: pruner.optional().describe('Absent: no trial is stopped early.'),
  prunerReason: z.string().optional().describe('Why that pruner.'),
  devices: devices.optional().describe('Absent: every device.'),
  packing: packing.optional().describe('Absent: fewer-evaluations.'),
  audit: audit.optional().describe('Absent: no trial is evaluated again.'),
  startedFrom: z
    .array(strict({ name: z.string(), trials: count }))
    .optional()
    .describe('Searches whose trials are its history; absent: none.'),
  only: z
    .record(z.string(), z.array(paramValue))
    .exactOptional()
    .describe('Values to which edits limit parameters: one fixes it; absent: none.'),
  edits: searchEdits.exactOptional(),
});

/** Executors that trained the best trials, the reasons for them, and the score after each epoch. */
const trained = strict({
  executors: z.array(strict({ label: z.string(), reason: z.string().nullable() })),
  reports: z.array(report),
});

/** One study; `searched` is null for a study of Optuna. */
export const showOutput = strict({
  lab: z.string(),
  study: studySummary,
  paused: count
    .exactOptional()
    .describe('Waiting trials that are paused at a rung; absent: the pruner pauses none.'),
  enqueued: strict({
    waiting: count.describe('Points that are still to be tried.'),
    refused: z.array(refusedPoint).describe('Points that the study could not try, oldest first.'),
  })
    .exactOptional()
    .describe('Points of enqueue that are no trials; absent: there are none.'),
  trained,
  energy: studyEnergy.nullable().describe('Idle power included; null: unknown.'),
  earlyStops: earlyStops.exactOptional(),
  schedule: schedule.exactOptional(),
  searched: searched.nullable(),
  front: z
    .array(strict({ trial: count, values: objectiveValues }))
    .exactOptional()
    .describe('The Pareto front; absent: the study has one objective and no constraints.'),
  command: z
    .string()
    .exactOptional()
    .describe('Command line that runs the best trial again; absent: the study runs no program.'),
  checkpoints: z
    .string()
    .exactOptional()
    .describe('Folder with what the program of the best trial kept; absent: it kept nothing here.'),
  code: strict({
    snapshot: z.string().describe('SHA-256 that names it.'),
    project: z.string().describe('The folder that it was taken of.'),
    differences: z
      .array(z.string())
      .describe('Sentences on how that folder differs now; empty: it does not.'),
  })
    .exactOptional()
    .describe('The copy of the project folder that trials run in; absent: they run in none.'),
});
export type ShowOutput = z.output<typeof showOutput>;

const pausedAfter = count
  .exactOptional()
  .describe('Epoch of the rung at which it waits to be promoted; absent: it does not.');

/** Of a trial of a study with several objectives or constraints. */
const listedFields = {
  values: objectiveValues.exactOptional(),
  violates: violates.exactOptional(),
};

export const trialOutput = strict({
  trial: count,
  state: z.enum(['waiting', 'running', 'complete', 'pruned', 'failed']),
  outcome: z.string().nullable(),
  value: z.number().nullable().describe('Null: none yet, failed or diverged.'),
  ...listedFields,
  ...scoreFields,
  params,
  lineage: lineage.nullable(),
  attempts: count,
  started: instant,
  completed: instant,
  executor: z
    .string()
    .nullable()
    .describe('What trained it, e.g. wasm; null: unknown, or nothing was trained.'),
  reports: z
    .array(report)
    .describe('What it was worth after each epoch, where an attempt said so.'),
  pausedAfter,
  metrics: z.record(z.string(), z.unknown()),
});
export type TrialOutput = z.output<typeof trialOutput>;

export const storyOutput = strict({
  study: z.string(),
  trial: count,
  ...scoreFields,
  state: z.string(),
  pausedAfter,
  outcome: z.string().nullable().describe('How it ended; null: it has not.'),
  value: z.number().nullable().describe('Null: none yet, failed or diverged.'),
  ...listedFields,
  lineage: lineage.nullable().describe('Null: unknown.'),
  params,
  attempts: z.array(
    strict({
      attemptNumber: count,
      slot: z.string(),
      outcome: z.string().nullable(),
      ms: milliseconds.nullable(),
      detail: z.string().nullable(),
      executor: z.string().nullable().describe('What trained it, e.g. wasm.'),
      executorReason: z.string().nullable().describe('Why that executor.'),
    }),
  ),
  audits: z
    .array(
      strict({
        attemptNumber: count,
        slot: z.string(),
        outcome: z.string().nullable(),
        value: z.number().nullable().describe('Null: none yet, failed or diverged.'),
        verdict: z
          .enum(auditVerdicts)
          .nullable()
          .describe('Whether the values are those of the trial; null: it came to none.'),
        difference: strict({
          metric: z.string().describe('A metric, value, or epoch 3 of a trial stopped early.'),
          value: z.number().nullable().describe('The trial’s; null: it diverged.'),
          found: z.number().nullable().describe('The other; null: it diverged.'),
        })
          .nullable()
          .describe('The first number that differs; null: none, or unknown.'),
        executor: z.string().nullable(),
        ms: milliseconds.nullable(),
        detail: z.string().nullable(),
      }),
    )
    .describe('Evaluations on other machines after the trial had ended; they change nothing.'),
  reports: z.array(report.extend({ metrics: z.record(z.string(), z.number()) })),
  edit: searchEdit
    .exactOptional()
    .describe('The last edit of the search before it was proposed; absent: none.'),
  story: z.array(z.string()),
});
export type StoryOutput = z.output<typeof storyOutput>;

const sha256 = z.string().describe('SHA-256 of the weights as little-endian float32, hex.');

const model = strict({
  study: z.string(),
  trial: count,
  value: z.number(),
  ...scoreFields,
  executor: z.string(),
  executorReason: z.string(),
  sha256,
  recorded: strict({
    value: z.number().nullable(),
    executor: z.string().nullable(),
    sha256: sha256.nullable(),
  }),
  reproduced: z
    .boolean()
    .nullable()
    .describe(
      'Whether the weights are those of the study to the last bit; null: they were not recorded.',
    ),
  onnx: z.string().nullable().describe('The file written; null: none.'),
  weights: z.string().nullable().describe('The file written; null: none.'),
});
export type ModelOutput = z.output<typeof model>;

/** Output of `export`: the number of configurations, or a model. */
export const exportOutput = z.union([strict({ file: z.string(), configurations: count }), model]);

const datasetSplit = strict({
  samples: count,
  sha256: z
    .string()
    .nullable()
    .describe('Of its values and labels; null: it comes with Galapagos.'),
  perClass: z
    .array(count)
    .describe('Samples of each class; empty where numbers are predicted, or not counted.'),
});

export const datasetOutput = strict({
  name: z.string(),
  content: z
    .string()
    .nullable()
    .describe('SHA-256 of what it is, the same for the same data; null: it comes with Galapagos.'),
  shape: z.array(count),
  sampleType: z.enum(['u8', 'f32']),
  classes: count,
  classNames: z.array(z.string()),
  targets: count.describe('Numbers to predict; 0: a class.'),
  training: datasetSplit,
  test: datasetSplit,
  drawn: strict({ share: z.number(), seed: count })
    .nullable()
    .describe('How the test set was drawn; null: the source had one.'),
  statistics: strict({ mean: z.array(z.number()), deviation: z.array(z.number()) }),
  source: strict({ path: z.string(), kind: z.string() }).nullable(),
  notes: z.array(z.string()),
  imported: instant,
  bytes: count.describe('On disk.'),
});
export type DatasetOutput = z.output<typeof datasetOutput>;

/** `problem`: the dataset's record is damaged; `dataset` is then null. */
export const datasetsOutput = strict({
  folder: z.string(),
  datasets: z.array(
    strict({ name: z.string(), problem: z.string().nullable(), dataset: datasetOutput.nullable() }),
  ),
});
export type DatasetsOutput = z.output<typeof datasetsOutput>;

/** Output of `datasets import`. */
export const importOutput = strict({
  stored: z
    .boolean()
    .describe('false: a dry run, or `same` has the samples already and nothing was stored.'),
  milliseconds,
  same: strict({ name: z.string(), bundled: z.boolean() })
    .nullable()
    .describe('The built-in or stored dataset with the same samples; null: there is none.'),
  dataset: datasetOutput,
});
export type ImportOutput = z.output<typeof importOutput>;

/** Output of `datasets remove`. */
export const removeOutput = strict({ removed: z.string() });

export const doctorOutput = strict({
  ok: z.boolean().describe('Whether Galapagos can run here; false: something needed is missing.'),
  checks: z.array(
    strict({
      name: z.string(),
      state: z
        .enum(['ok', 'missing', 'optional'])
        .describe('optional: missing, and only some things need it.'),
      found: z.string(),
      remedy: z.string().nullable(),
    }),
  ),
});
export type DoctorOutput = z.output<typeof doctorOutput>;
export type DoctorCheck = DoctorOutput['checks'][number];

/** Problems that `check` found in a lab file. */
export const checkOutput = strict({
  lab: z.string(),
  ok: z.boolean().describe('Whether nothing was found.'),
  findings: z.array(
    strict({
      study: z.string().nullable().describe('Null: the file as a whole.'),
      trial: count.nullable().describe('Null: the study as a whole.'),
      at: z.string().describe('Table and column.'),
      expected: z.string(),
      found: z.string(),
    }),
  ),
});
export type CheckOutput = z.output<typeof checkOutput>;

const link = z.string().describe('To be opened in a browser; it holds the token.');

/** Output of `serve`: `serving` once it can be reached, `link` for `--print-link`. */
export const serveOutput = z.discriminatedUnion('event', [
  strict({ event: z.literal('serving'), link, port: z.int().min(1), lab: z.string() }),
  strict({ event: z.literal('link'), link }),
  strict({
    event: z.literal('shared'),
    port: z.int().min(1).max(65_535).describe('TCP port at which other machines join.'),
    invitation: z.string().describe('For galapagos node --join on another machine; a secret.'),
    until: z.iso.datetime().describe('When the invitation ends, UTC.'),
  }),
]);
export type ServeOutput = z.output<typeof serveOutput>;

/** Output of `backend` commands. */
export const backendOutput = strict({
  backends: z.array(
    strict({
      name: z.literal('tensorflow'),
      folder: z.string(),
      installed: strict({
        tensorflow: z.string().describe('Version of the libraries.'),
        tfjs: z.string().describe('Version of tfjs-node.'),
        cuda: z.boolean(),
        binding: z.enum(['compiled', 'shipped']),
      }).nullable(),
      absent: z.string().nullable().describe('Why not, where it is not installed.'),
    }),
  ),
});
export type BackendOutput = z.output<typeof backendOutput>;
