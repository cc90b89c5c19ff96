/** The batch script of a Slurm job array whose tasks are nodes of a lab. Pure. */
import { shellWord } from '../../runtime/shell-word.ts';

/** Environment variable with the invitation, which command lines would show to other users. */
export const INVITATION_VARIABLE = 'GALAPAGOS_INVITATION';

/** Seconds before its end at which Slurm warns a task, and within which its node drains. */
const WARN_SECONDS = 60;
const DRAIN_SECONDS = 50;

export interface SlurmScript {
  /** Number of nodes. */
  readonly nodes: number;
  /** Name of the job in Slurm's lists. */
  readonly name: string;
  /** The `galapagos` command as words, on the machines of the cluster. */
  readonly program: readonly string[];
  /** Null: the environment of the submission has it. */
  readonly invitation: string | null;
  /** Options of sbatch that the script contains. */
  readonly options: readonly string[];
}

export function slurmScript({ nodes, name, program, invitation, options }: SlurmScript): string {
  const set =
    invitation === null
      ? [`# Set before you submit this: export ${INVITATION_VARIABLE}=galapagos-join:…`]
      : [`export ${INVITATION_VARIABLE}=${shellWord(invitation)}`];
  return `${[
    '#!/bin/sh',
    `#SBATCH --job-name=${name}`,
    `#SBATCH --array=1-${nodes}`,
    '#SBATCH --requeue',
    '#SBATCH --open-mode=append',
    '# The warning goes to the batch shell, which the node replaces; the node then drains.',
    `#SBATCH --signal=B:TERM@${WARN_SECONDS}`,
    ...(options.length === 0 ? [] : [`#SBATCH ${options.map(shellWord).join(' ')}`]),
    ...set,
    'task=$SLURM_ARRAY_JOB_ID-$SLURM_ARRAY_TASK_ID',
    'GALAPAGOS_HOME=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/galapagos-$task',
    'mkdir -p -m 700 "$GALAPAGOS_HOME" || exit 1',
    'export GALAPAGOS_HOME',
    `exec ${program.map(shellWord).join(' ')} node --ephemeral --name "$task" --drain-grace ${DRAIN_SECONDS}s`,
  ].join('\n')}\n`;
}
