/** Output of the commands of a shared lab with `--json`: node, nodes, invite, keys, cluster. */
import { z } from 'zod';
import { instant } from './cli-output.ts';
import { courtesySchema, nodeLimits } from './node-messages.ts';
import { strict } from './problems.ts';
import { nodeRow } from './window/nodes.ts';

const count = z.int().min(0);
const milliseconds = z.number().min(0);

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
    waiting: count.describe('Trials that wait in workers here behind a running one.'),
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
      since: instant.describe(
        'Since when the presence is as it is: of an away node the time of its last message.',
      ),
      mode: nodeRow.shape.mode.nullable(),
      modeBy: nodeRow.shape.by.describe('The person who set the mode; null: it is open.'),
      left: nodeRow.shape.left.describe('Why an absent node has left; null: unknown.'),
      release: z.string().nullable(),
      system: z.string().nullable(),
      slots: z.array(z.string()).describe('Its workers.'),
      busy: count.nullable().describe('Workers with a running trial.'),
      running: count.nullable().describe('Trials that run there.'),
      waiting: count.nullable().describe('Workers that wait because their machine is in use.'),
      held: nodeRow.shape.held.describe('Why workers wait; null: none does, or it is unknown.'),
      hoursFrom: instant.describe('When its hours of use begin; null: it has none, or now.'),
      limits: nodeRow.shape.limits.describe('In force: of the owner’s and the lab’s the stricter.'),
      rttMs: z.number().nullable(),
      offsetMs: z.number().nullable().describe('Its clock minus the clock of this machine.'),
      datasets: nodeRow.shape.datasets,
      refusals: nodeRow.shape.refusals.describe('Why it does not work, or not for a study.'),
      packages: nodeRow.shape.packages.describe(
        'Studies whose programs find another Python or other packages there than on this machine.',
      ),
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
