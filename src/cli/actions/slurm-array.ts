/**
 * Submits nodes to Slurm as a job array, shows its tasks and cancels it at the end of the study.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { StudyState } from '../../core/scheduling/words.ts';
import { cancelArray, submitArray, tasksOf } from '../../node/cluster/slurm.ts';
import type { SlurmTask } from '../../node/cluster/slurm.ts';
import { slurmScript } from '../../node/cluster/slurm-script.ts';
import { forgetArray, noteArray, submittedArrays } from '../../node/cluster/submitted.ts';
import type { SubmittedArray } from '../../node/cluster/submitted.ts';
import type { LanFolder } from '../../node/keys/lan-folder.ts';
import { Invitations } from '../../node/pairing/invitations.ts';
import type { ClusterOutput } from '../../protocol/cli-output-lab.ts';
import type { RunProgram } from '../../runtime/run-program.ts';

/** An invitation for the nodes of an array. */
export interface ArrayInvitation {
  readonly text: string;
  /** Null: given by the user, and left as it is. */
  readonly id: string | null;
}

/** A study that the nodes work for, as far as its lab file shows it. */
export interface WatchedStudy {
  readonly name: string;
  readonly state: StudyState | null;
}

export interface ArrayRun {
  readonly nodes: number;
  readonly name: string;
  readonly program: readonly string[];
  readonly invitation: ArrayInvitation;
  /** Options of sbatch. */
  readonly options: readonly string[];
}

export interface Following {
  readonly run: RunProgram;
  readonly folder: LanFolder;
  /** Reads the studies; none while the lab file does not exist. */
  readonly studies: () => Promise<readonly WatchedStudy[]>;
  readonly event: (event: ClusterOutput) => void;
  /** Aborted by the user's interrupt. */
  readonly signal: AbortSignal;
  /** Ms between two looks at queue and lab file. */
  readonly everyMs: number;
}

export async function submit(
  { nodes, name, program, invitation, options }: ArrayRun,
  { run, folder, event }: Pick<Following, 'run' | 'folder' | 'event'>,
): Promise<SubmittedArray> {
  const script = slurmScript({
    nodes,
    name,
    program,
    invitation: invitation.text,
    // Arguments of sbatch count more than lines of the script.
    options: [],
  });
  const job = await submitArray(run, script, options).catch((error: unknown) => {
    if (invitation.id !== null) new Invitations(folder).revoke(invitation.id);
    throw error;
  });
  const array: SubmittedArray = {
    scheduler: 'slurm',
    job,
    nodes,
    submitted: new Date().toISOString(),
    invitation: invitation.id,
  };
  noteArray(folder, array);
  event({ event: 'submitted', job, nodes });
  return array;
}

/**
 * Shows changes of the array's tasks until the study has finished, the tasks have ended or the
 * user interrupts; then cancels the array.
 */
export async function follow(array: SubmittedArray, following: Following): Promise<void> {
  const { run, studies, event, signal, everyMs } = following;
  const ran = new Set<string>();
  let shown = '';
  for (;;) {
    // A scheduler that is too busy to answer is asked again.
    const tasks = await tasksOf(run, array.job).catch(() => null);
    const text = JSON.stringify(tasks);
    if (tasks !== null && text !== shown) {
      event({ event: 'tasks', job: array.job, tasks: [...tasks] });
      shown = text;
    }
    if (tasks?.length === 0) return end(array, following, 'ended');
    const finished = isFinished(await studies(), ran);
    if (finished) return end(array, following, 'study');
    if (signal.aborted) return end(array, following, 'interrupted');
    await wait(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/**
 * Returns whether the studies that were seen unfinished have finished.
 * @param ran names of studies that were seen unfinished; grows
 */
function isFinished(studies: readonly WatchedStudy[], ran: Set<string>): boolean {
  const unfinished = studies.filter(({ state }) => state !== null && state !== 'finished');
  for (const { name } of unfinished) ran.add(name);
  return ran.size > 0 && unfinished.length === 0;
}

async function end(
  array: SubmittedArray,
  following: Pick<Following, 'run' | 'folder' | 'event'>,
  reason: Extract<ClusterOutput, { event: 'cancelled' }>['reason'],
): Promise<void> {
  await cancel(array, following);
  following.event({ event: 'cancelled', job: array.job, reason });
}

/** Cancels an array, and revokes the invitation that was made for it. */
export async function cancel(
  { job, invitation }: SubmittedArray,
  { run, folder }: Pick<Following, 'run' | 'folder'>,
): Promise<void> {
  await cancelArray(run, job);
  if (invitation !== null) new Invitations(folder).revoke(invitation);
  forgetArray(folder, job);
}

export interface ArrayTasks extends SubmittedArray {
  readonly tasks: readonly SlurmTask[];
}

/** Lists the arrays that still have tasks, and forgets the others. */
export async function listArrays(
  run: RunProgram,
  folder: LanFolder,
): Promise<readonly ArrayTasks[]> {
  const arrays: ArrayTasks[] = [];
  for (const array of submittedArrays(folder)) {
    const tasks = await tasksOf(run, array.job);
    if (tasks.length === 0) forgetArray(folder, array.job);
    else arrays.push({ ...array, tasks });
  }
  return arrays;
}
