/** `galapagos cluster slurm`: machines of a Slurm cluster as nodes of this lab. */
import { realpathSync } from 'node:fs';
import { Option } from 'commander';
import type { Command } from 'commander';
import { submittedArrays } from '../../node/cluster/submitted.ts';
import { readIdentity } from '../../node/keys/identity.ts';
import { LanFolder } from '../../node/keys/lan-folder.ts';
import { readSharing } from '../../node/keys/sharing.ts';
import { INVITATION_LIMITS, Invitations } from '../../node/pairing/invitations.ts';
import { issueInvitation } from '../../node/pairing/issue.ts';
import { INVITATION_VARIABLE, slurmScript } from '../../node/cluster/slurm-script.ts';
import type { ClusterOutput, ClusterStatusOutput } from '../../protocol/cli-output-lab.ts';
import { runProgram } from '../../runtime/run-program.ts';
import type { RunProgram } from '../../runtime/run-program.ts';
import { cancel, follow, listArrays, submit } from '../actions/slurm-array.ts';
import type { ArrayInvitation, WatchedStudy } from '../actions/slurm-array.ts';
import { integer, text } from '../options/arguments.ts';
import { timeSpanText, timeSpanWithin } from '../options/duration-argument.ts';
import { withLab } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT, UsageError } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupt.ts';

/** Machines that the invitation of an array admits for each node: a requeued task joins anew. */
const USES_PER_NODE = 10;
const LOOK_MS = 5000;

/** The parts of the system that the command uses, so that tests can replace them. */
export interface ClusterParts {
  readonly run: RunProgram;
  readonly everyMs: number;
}

interface SlurmFlags {
  readonly nodes?: number;
  readonly print?: boolean;
  readonly detach?: boolean;
  readonly study?: string;
  readonly lab: string;
  readonly join?: string;
  readonly address?: readonly string[];
  readonly for: number;
  readonly name: string;
  readonly command?: string;
  readonly json?: boolean;
}

export function addCluster(
  program: Command,
  context: Context,
  _runStudy: unknown,
  parts: ClusterParts = { run: runProgram, everyMs: LOOK_MS },
): void {
  const slurm = program
    .command('cluster')
    .description('add machines of a cluster to this lab through its scheduler (Slurm)')
    .command('slurm')
    .description('submit nodes as a job array and cancel them at the end of the study')
    .argument('[options...]', 'options of sbatch, after --')
    .option('--nodes <count>', 'number of nodes', integer(1))
    .option('--print', 'only print the batch script')
    .option('--detach', 'submit and return; cancel the array yourself')
    .option(
      '--study <name>',
      'study whose end cancels the array (default: all of the lab file)',
      text,
    )
    .option('--lab <file>', 'the lab file', text, 'lab.db')
    .option('--join <invitation>', 'invitation for the nodes (default: a new one)', text)
    .option('--address <address...>', 'addresses at which the nodes reach this machine')
    .addOption(
      new Option('--for <time>', 'time for which the invitation counts')
        .argParser(timeSpanWithin(INVITATION_LIMITS.ms.least, INVITATION_LIMITS.ms.most))
        .default(INVITATION_LIMITS.ms.most, timeSpanText(INVITATION_LIMITS.ms.most)),
    )
    .option('--name <name>', 'name of the job', jobName, 'galapagos')
    .option('--command <command>', 'the galapagos command there (default: this one)', text)
    .option('--json', 'print one JSON object per line')
    .addHelpText('after', HELP)
    .action(async (options: readonly string[], flags: SlurmFlags) => {
      await start(context, parts, options, flags);
    });
  slurm
    .command('status')
    .description('list the submitted arrays and their tasks')
    .option('--json', 'print one JSON document')
    .action(async (_: unknown, command: Command) => {
      const arrays = await listArrays(parts.run, lanFolder(context));
      const output: ClusterStatusOutput = {
        arrays: arrays.map(({ scheduler, job, nodes, submitted, tasks }) => ({
          scheduler,
          job,
          nodes,
          submitted,
          tasks: [...tasks],
        })),
      };
      if (isJson(command)) printJson(context, output);
      else if (arrays.length === 0) print(context, ['no array has tasks']);
      else for (const { job, tasks } of arrays) print(context, [tasksText(job, tasks)]);
    });
  slurm
    .command('cancel')
    .description('cancel an array, or all of them')
    .argument('[job]', 'id of the array')
    .option('--json', 'print one JSON object per line')
    .action(async (job: string | undefined, _: unknown, command: Command) => {
      const folder = lanFolder(context);
      const arrays = submittedArrays(folder).filter(
        (each) => job === undefined || each.job === job,
      );
      if (arrays.length === 0 && job !== undefined)
        throw new UsageError(`no array ${job} was submitted from here: see cluster slurm status`);
      for (const array of arrays) {
        await cancel(array, { run: parts.run, folder });
        shower(context, isJson(command))({ event: 'cancelled', job: array.job, reason: 'asked' });
      }
    });
}

const HELP = `
Run it on the machine that shares the lab. Each task of the array is a node that joins with an invitation of its own
array, connects outwards only, and drains when Slurm ends it. A requeued task joins again.

Examples:
  galapagos cluster slurm --nodes 8 -- --partition=gpu --time=4:00:00
  galapagos cluster slurm --nodes 8 --print > nodes.sh
  galapagos cluster slurm --nodes 8 --detach
  galapagos cluster slurm status
  galapagos cluster slurm cancel 4711`;

async function start(
  context: Context,
  { run, everyMs }: ClusterParts,
  options: readonly string[],
  flags: SlurmFlags,
): Promise<void> {
  const { nodes, name, json = false } = flags;
  if (nodes === undefined)
    throw new UsageError('cluster slurm: expected --nodes <count>, found none');
  const program = flags.command?.split(' ') ?? [
    process.execPath,
    realpathSync(process.argv[1] ?? ''),
  ];
  if (flags.print === true) {
    const script = slurmScript({
      nodes,
      name,
      program,
      invitation: flags.join ?? null,
      options,
    });
    print(context, script.trimEnd().split('\n'));
    return;
  }
  const folder = lanFolder(context);
  const joining = joiningOf(folder, flags, context);
  // A wrong name of the lab file is reported before anything is submitted.
  if (flags.detach !== true) await readStudies(context, flags);
  const event = shower(context, json);
  const interrupted = new AbortController();
  const invitation = invite(folder, nodes, flags, joining);
  const array = await submit({ nodes, name, program, invitation, options }, { run, folder, event });
  if (flags.detach === true) return;
  const stopListening = onInterrupt(() => interrupted.abort());
  try {
    // A lab file that is busy for a moment is read again at the next look.
    const studies = (): Promise<readonly WatchedStudy[]> =>
      readStudies(context, flags).catch(() => []);
    const { signal } = interrupted;
    await follow(array, { run, folder, studies, event, signal, everyMs });
    if (signal.aborted) context.exitWith(EXIT.interrupted);
  } finally {
    stopListening();
  }
}

/** An invitation that the user named, or the port of the shared lab for a new one. */
type Joining = { readonly given: string } | { readonly port: number };

/** @throws UsageError if no invitation is named and no lab is shared */
function joiningOf(folder: LanFolder, { join }: SlurmFlags, { streams }: Context): Joining {
  const given = join ?? streams.env[INVITATION_VARIABLE] ?? '';
  if (given !== '') return { given };
  const sharing = readSharing(folder);
  if (sharing === null)
    throw new UsageError(
      'no lab is shared from this machine: start it with galapagos serve --share or galapagos run … --share, or name an invitation with --join',
    );
  return { port: sharing.port };
}

function invite(
  folder: LanFolder,
  nodes: number,
  { address: addresses = [], for: ms }: SlurmFlags,
  joining: Joining,
): ArrayInvitation {
  if ('given' in joining) return { text: joining.given, id: null };
  const { port } = joining;
  const uses = Math.min(INVITATION_LIMITS.uses.most, nodes * USES_PER_NODE);
  const wanted = { uses, ms, ephemeral: true, port, addresses };
  const issued = issueInvitation(readIdentity(folder), new Invitations(folder), wanted);
  return { text: issued.text, id: issued.kept.id };
}

async function readStudies(
  context: Context,
  { lab, study }: SlurmFlags,
): Promise<readonly WatchedStudy[]> {
  const all = await withLab(context, lab, (reader) => reader.studies());
  return all.filter(({ name, deleted }) => !deleted && (study === undefined || name === study));
}

function shower(context: Context, json: boolean): (event: ClusterOutput) => void {
  return (event) => {
    if (json) printJson(context, event);
    else print(context, [sentence(event)]);
  };
}

function sentence(event: ClusterOutput): string {
  const array = `array ${event.job}`;
  if (event.event === 'submitted')
    return `submitted ${array} with ${event.nodes} ${event.nodes === 1 ? 'node' : 'nodes'}`;
  if (event.event === 'tasks') return tasksText(event.job, event.tasks);
  const reasons = {
    study: `cancelled ${array}: the study has finished`,
    ended: `${array}: all tasks have ended`,
    interrupted: `cancelled ${array}`,
    asked: `cancelled ${array}`,
  };
  return reasons[event.reason];
}

function tasksText(
  job: string,
  tasks: readonly { readonly id: string; readonly state: string; readonly where: string }[],
): string {
  const each = tasks.map(({ id, state, where }) => `${id} ${state.toLowerCase()} ${where}`.trim());
  return `array ${job}: ${each.length === 0 ? 'no tasks' : each.join(', ')}`;
}

function jobName(given: string): string {
  if (/^[\w.-]+$/.test(given)) return given;
  throw new UsageError(
    `--name: expected letters, digits, dots and dashes, found ${JSON.stringify(given)}`,
  );
}

function lanFolder({ userFolder }: Context): LanFolder {
  return new LanFolder(userFolder);
}

/** `--json` may stand before or after the name of the subcommand. */
function isJson(command: Command): boolean {
  return command.optsWithGlobals<{ json?: boolean }>().json === true;
}
