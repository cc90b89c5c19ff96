/**
 * Every command with its line in the list, and a function that loads its module. A module is loaded
 * only when the command line names its command: loading all modules takes longer than printing
 * `--help`.
 */
import type { Command } from 'commander';
import type { Context } from './process/context.ts';
import type { RunStudy } from './run/resolved-run.ts';

/** Adds the command with its options, help and action to the program. */
type Add = (program: Command, context: Context, runStudy: RunStudy) => void;

export interface ListedCommand {
  /** Usage in the list of commands: the name, `[options]` if it has any, its arguments. */
  readonly usage: string;
  readonly summary: string;
  readonly load: () => Promise<Add>;
}

/** Commands by name, in the order of `--help`. */
export const commands: Readonly<Record<string, ListedCommand>> = {
  run: {
    usage: '[options] <study>',
    summary: 'run a study: a preset or a study file; flags override the file',
    load: async () => (await import('./commands/run.ts')).addRun,
  },
  serve: {
    usage: '[options]',
    summary: 'serve the window to a browser and print its link, which contains the access token',
    load: async () => (await import('./commands/serve.ts')).addServe,
  },
  node: {
    usage: '[options] [host]',
    summary: 'work for the lab of another machine: evaluate trials of its studies',
    load: async () => (await import('./commands/node.ts')).addNode,
  },
  nodes: {
    usage: '[options]',
    summary: 'list, rename, drain, pause, resume and remove the machines of the lab',
    load: async () => (await import('./commands/nodes.ts')).addNodes,
  },
  studies: {
    usage: '[options]',
    summary: 'list the studies of a lab file; rename, annotate, delete, restore and duplicate them',
    load: async () => (await import('./commands/studies.ts')).addStudies,
  },
  show: {
    usage: '[options] <study>',
    summary: 'show a study: state, best trial, search space and sampler',
    load: async () => (await import('./commands/show.ts')).addShow,
  },
  trials: {
    usage: '[options] <study>',
    summary: 'list the trials of a study by number',
    load: async () => (await import('./commands/trials.ts')).addTrials,
  },
  best: {
    usage: '[options] <study>',
    summary: 'show the best configurations of a study, or its Pareto front',
    load: async () => (await import('./commands/best.ts')).addBest,
  },
  export: {
    usage: '[options] <study>',
    summary:
      'export the best configurations of a study as JSON or CSV, or its best trial as an ONNX model or weights',
    load: async () => (await import('./commands/export.ts')).addExport,
  },
  story: {
    usage: '[options] <study> <trial>',
    summary: 'show what happened to a trial: its origin, its attempts and its result',
    load: async () => (await import('./commands/story.ts')).addStory,
  },
  logs: {
    usage: '[options] <study> <trial>',
    summary: "show what a trial's program printed",
    load: async () => (await import('./commands/logs.ts')).addLogs,
  },
  config: {
    usage: '[options] <study> [trial]',
    summary: 'print the configuration file of a trial, by default of the best',
    load: async () => (await import('./commands/config.ts')).addConfig,
  },
  check: {
    usage: '[options] [file]',
    summary: 'list damage in a lab file, or problems of a study file',
    load: async () => (await import('./commands/check.ts')).addCheck,
  },
  enqueue: {
    usage: '[options] <study> [values...]',
    summary: 'try a given point in a study, also while it runs',
    load: async () => (await import('./commands/enqueue.ts')).addEnqueue,
  },
  edit: {
    usage: '[options] <study>',
    summary: "edit a study's search while it runs: ranges, fixed parameters, sampler, pruner",
    load: async () => (await import('./commands/edit.ts')).addEdit,
  },
  init: {
    usage: '[options] <script> [arguments...]',
    summary: 'look at a training script and write a study file for it',
    load: async () => (await import('./commands/init.ts')).addInit,
  },
  python: {
    usage: '',
    summary: 'install the Python module with which training scripts report to a study',
    load: async () => (await import('./commands/python.ts')).addPython,
  },
  'ask-tell': {
    usage: '[options]',
    summary: 'use a sampler from another program: JSON lines in, JSON lines out',
    load: async () => (await import('./commands/ask-tell.ts')).addAskTell,
  },
  simulate: {
    usage: '[options]',
    summary: 'simulate a study on a virtual clock: utilization, duration, best value',
    load: async () => (await import('./commands/simulate.ts')).addSimulate,
  },
  datasets: {
    usage: '',
    summary: 'import, list, show and remove datasets',
    load: async () => (await import('./commands/datasets.ts')).addDatasets,
  },
  devices: {
    usage: '[options]',
    summary:
      'list the CPU and GPUs of this machine, their load, and the executors that work on each',
    load: async () => (await import('./commands/devices.ts')).addDevices,
  },
  doctor: {
    usage: '[options] [study]',
    summary: 'check this machine for everything Galapagos needs and show how to fix problems',
    load: async () => (await import('./commands/doctor.ts')).addDoctor,
  },
  invite: {
    usage: '[options]',
    summary: 'invite other machines to the lab of this one; list and revoke invitations',
    load: async () => (await import('./commands/invite.ts')).addInvite,
  },
  keys: {
    usage: '',
    summary: 'show or replace the key by which other machines know this one',
    load: async () => (await import('./commands/keys.ts')).addKeys,
  },
  cluster: {
    usage: '',
    summary: 'add machines of a cluster to this lab through its scheduler (Slurm)',
    load: async () => (await import('./commands/cluster.ts')).addCluster,
  },
  backend: {
    usage: '',
    summary: 'install, list and remove executor libraries that are not included',
    load: async () => (await import('./commands/backend.ts')).addBackend,
  },
};

/**
 * Adds every command: in full if the command line names it, otherwise only its line in the list.
 * @param args the command line; an argument that only equals a command's name costs its loading
 *   time, nothing more
 */
export async function addCommands(
  program: Command,
  args: readonly string[],
  context: Context,
  runStudy: RunStudy,
): Promise<void> {
  for (const [name, { usage, summary, load }] of Object.entries(commands)) {
    if (args.includes(name)) (await load())(program, context, runStudy);
    else listOnly(program.command(name).description(summary), usage);
  }
}

function listOnly(command: Command, usage: string): void {
  for (const word of usage.split(' ')) {
    // Any option makes the list show `[options]`.
    if (word === '[options]') command.option('--json');
    else if (word !== '') command.argument(word);
  }
}
