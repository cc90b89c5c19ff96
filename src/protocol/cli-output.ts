/**
 * Output of commands with `--json`, except `run` (run-output.ts), `best` and `export`
 * (best-configs.ts) and `ask-tell` (ask-tell.ts). One document each; `trials` prints one on each
 * line.
 */
import { z } from 'zod';
import { auditVerdicts } from '../core/study/row-codes.ts';
import { earlyStops, lineage, objectiveValues, params, studyEnergy } from './best-configs.ts';
import { courtesySchema, nodeLimits } from './node-messages.ts';
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
import { nodeRow } from './window/nodes.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);
const instant = z.iso.datetime().nullable().describe('UTC; null: not yet, or unknown.');

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
  trained,
  energy: studyEnergy.nullable().describe('Idle power included; null: unknown.'),
  earlyStops: earlyStops.exactOptional(),
  searched: searched.nullable(),
  front: z
    .array(strict({ trial: count, values: objectiveValues }))
    .exactOptional()
    .describe('The Pareto front; absent: the study has one objective and no constraints.'),
});
export type ShowOutput = z.output<typeof showOutput>;

export const trialOutput = strict({
  trial: count,
  state: z.enum(['waiting', 'running', 'complete', 'pruned', 'failed']),
  outcome: z.string().nullable(),
  value: z.number().nullable().describe('Null: none yet, failed or diverged.'),
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
  metrics: z.record(z.string(), z.unknown()),
});
export type TrialOutput = z.output<typeof trialOutput>;

export const storyOutput = strict({
  study: z.string(),
  trial: count,
  ...scoreFields,
  state: z.string(),
  outcome: z.string().nullable().describe('How it ended; null: it has not.'),
  value: z.number().nullable().describe('Null: none yet, failed or diverged.'),
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
          .describe('Whether the value is that of the trial; null: it came to none.'),
        executor: z.string().nullable(),
        ms: milliseconds.nullable(),
        detail: z.string().nullable(),
      }),
    )
    .describe('Evaluations on other machines after the trial had ended; they change nothing.'),
  reports: z.array(report.extend({ metrics: z.record(z.string(), z.number()) })),
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

/** Output of `node install`, `node uninstall` and `node status`. */
export const nodeServiceOutput = strict({
  kind: z.enum(['systemd user unit', 'LaunchAgent', 'logon task']),
  file: z.string().describe('File that defines the service.'),
  service: strict({
    state: z.enum(['running', 'starting', 'stopped', 'failed']),
    pid: z.int().min(1).nullable(),
    lastExit: z.int().nullable().describe('Exit status of the last process; null: unknown.'),
  })
    .nullable()
    .describe('Null: not installed.'),
  needsLogin: z
    .boolean()
    .nullable()
    .describe('Whether the node runs only while its user is logged in; null: unknown.'),
  log: z.string().describe('Command that prints the log of the service.'),
});
export type NodeServiceOutput = z.output<typeof nodeServiceOutput>;

/** Output of `invite`. */
export const inviteOutput = strict({
  invitation: z.string().describe('The text to use on the other machine; as secret as a password.'),
  id: z.string().describe('Names it in invite list and invite revoke.'),
  expires: z.iso.datetime(),
  uses: count.describe('Number of machines that it admits.'),
  ephemeral: z.boolean().describe('Whether machines are forgotten soon after they left.'),
  addresses: z.array(z.string()),
  port: count,
  shared: z.boolean().describe('Whether a lab is shared from this machine now.'),
});
export type InviteOutput = z.output<typeof inviteOutput>;

/** Output of `invite list` and `invite revoke`. */
export const invitationsOutput = strict({
  invitations: z.array(
    strict({
      id: z.string(),
      state: z.enum(['open', 'used', 'expired', 'revoked']),
      created: z.iso.datetime(),
      expires: z.iso.datetime(),
      uses: count,
      used: count,
      ephemeral: z.boolean(),
    }),
  ),
});
export type InvitationsOutput = z.output<typeof invitationsOutput>;

/** Output of `keys` commands. */
export const keysOutput = strict({
  file: z.string(),
  key: z.string().describe('Public key, hex.'),
  fingerprint: z.string().describe('The same, for people to compare.'),
  host: z.string().describe('Id of this machine as a host.'),
  created: z.iso.datetime(),
  former: z.array(strict({ key: z.string(), retired: z.iso.datetime() })),
});
export type KeysOutput = z.output<typeof keysOutput>;

const instantNow = z.iso.datetime().describe('When, by the wall clock, UTC.');
const host = z.string().describe('Name of the host, for people.');

/** Output of `node`: one object on each line. */
export const nodeOutput = z.discriminatedUnion('event', [
  strict({
    event: z.literal('joined'),
    at: instantNow,
    name: z.string().describe('Name of this machine in the lab.'),
    node: z.string().describe('Id of this machine at that host.'),
    host,
    lab: z.string(),
    slots: z.array(z.string()).describe('Its workers, one each.'),
  }),
  strict({ event: z.literal('connected'), at: instantNow, host, lab: z.string() }),
  strict({
    event: z.literal('disconnected'),
    at: instantNow,
    reason: z.enum(['disconnected', 'shutdown']),
  }),
  strict({ event: z.literal('refused'), at: instantNow, detail: z.string() }),
  strict({
    event: z.literal('workers'),
    at: instantNow,
    running: count.describe('Workers that run now.'),
    slots: count.describe('Workers that this machine offers.'),
  }),
  strict({
    event: z.literal('progress'),
    at: instantNow,
    running: count.describe('Trials that run here now.'),
    done: count.describe('Trials that the lab has accepted since this process joined.'),
    rttMs: z.number().nullable().describe('Round-trip time to the host; null: not connected.'),
  }),
  strict({
    event: z.literal('courtesy'),
    at: instantNow,
    owner: nodeLimits.describe('Limits that the owner of this machine set.'),
    limits: nodeLimits.describe('Limits in force: of the owner’s and the lab’s the stricter.'),
    ...courtesySchema.omit({ type: true }).shape,
  }),
  strict({ event: z.literal('draining'), at: instantNow, graceMs: milliseconds }),
  strict({
    event: z.literal('left'),
    at: instantNow,
    reason: z.enum(['left', 'removed', 'refused', 'replaced', 'version']),
    detail: z.string().nullable(),
  }),
  strict({
    event: z.literal('digits'),
    at: instantNow,
    host,
    digits: z.string().describe('Six digits, which the host shows as well.'),
  }),
  strict({ event: z.literal('waiting'), at: instantNow, host }),
  strict({
    event: z.literal('notAdmitted'),
    at: instantNow,
    reason: z.enum(['refused', 'mismatch', 'busy', 'version', 'timeout', 'protocol', 'gone']),
  }),
  strict({ event: z.literal('note'), at: instantNow, text: z.string() }),
]);
export type NodeOutput = z.output<typeof nodeOutput>;

const slurmTask = strict({
  id: z.string().describe('Of the array and the task, e.g. 4711_3.'),
  state: z.string().describe('Slurm’s word.'),
  where: z.string().describe('Host names while the task runs, else Slurm’s reason.'),
});

/** Output of `cluster slurm`: `submitted`, then `tasks` at each change, at last `cancelled`. */
export const clusterOutput = z.discriminatedUnion('event', [
  strict({ event: z.literal('submitted'), job: z.string(), nodes: count }),
  strict({ event: z.literal('tasks'), job: z.string(), tasks: z.array(slurmTask) }),
  strict({
    event: z.literal('cancelled'),
    job: z.string(),
    reason: z
      .enum(['study', 'ended', 'interrupted', 'asked'])
      .describe('study: it finished. ended: all tasks had ended. asked: by `cancel`.'),
  }),
]);
export type ClusterOutput = z.output<typeof clusterOutput>;

/** Output of `cluster slurm status`. */
export const clusterStatusOutput = strict({
  arrays: z.array(
    strict({
      scheduler: z.literal('slurm'),
      job: z.string(),
      nodes: count,
      submitted: z.string(),
      tasks: z.array(slurmTask),
    }),
  ),
});
export type ClusterStatusOutput = z.output<typeof clusterStatusOutput>;

/** Output of `nodes`: the admitted machines, or the one that is named. */
export const nodesOutput = strict({
  nodes: z.array(
    strict({
      id: z.string(),
      name: z.string(),
      admitted: z.iso.datetime(),
      by: z.enum(['digits', 'invitation']),
      ephemeral: z.boolean().describe('Whether it is forgotten soon after it left.'),
      lastSeen: instant,
      wished: z.enum(['open', 'paused', 'draining']).describe('Mode that was asked for.'),
      presence: nodeRow.shape.presence
        .nullable()
        .describe('Null here and below: no lab is shared from this machine now.'),
      mode: nodeRow.shape.mode.nullable(),
      release: z.string().nullable(),
      system: z.string().nullable(),
      slots: z.array(z.string()).describe('Its workers.'),
      running: count.nullable().describe('Trials that run there.'),
      rttMs: z.number().nullable(),
      offsetMs: z.number().nullable().describe('Its clock minus the clock of this machine.'),
      datasets: nodeRow.shape.datasets,
      refusals: nodeRow.shape.refusals.describe('Why it does not work, or not for a study.'),
    }),
  ),
});
export type NodesOutput = z.output<typeof nodesOutput>;

/** Output of `datasets nodes`. */
export const nodeDatasetsOutput = strict({
  shared: z.boolean().describe('Whether a lab is shared from this machine now.'),
  nodes: z.array(
    strict({
      node: z.string().describe('Its id.'),
      name: z.string(),
      datasets: nodeRow.shape.datasets,
    }),
  ),
});
export type NodeDatasetsOutput = z.output<typeof nodeDatasetsOutput>;
