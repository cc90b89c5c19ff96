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
  /** Heading under which `--help` lists the command. */
  readonly group: string;
  /** Arguments as commander writes them. */
  readonly usage: string;
  /** Its line in the list, shorter than the description that its own help begins with. */
  readonly summary: string;
  readonly load: () => Promise<Add>;
}

const RUN = 'Run a study:';
const READ = 'Read a lab file, also while a study runs:';
const CHANGE = 'Change a study while it runs:';
const MACHINE = 'This machine:';
const LAB = 'More machines:';
const PROGRAMS = 'For other programs:';

/** Commands by name, in the order of `--help`. */
export const commands: Readonly<Record<string, ListedCommand>> = {
  init: {
    group: RUN,
    usage: '<script> [arguments...]',
    summary: 'write a study file for a training script',
    load: async () => (await import('./commands/init.ts')).addInit,
  },
  run: {
    group: RUN,
    usage: '<study>',
    summary: 'run a preset or a study file',
    load: async () => (await import('./commands/run.ts')).addRun,
  },
  serve: {
    group: RUN,
    usage: '',
    summary: 'open the window in a browser',
    load: async () => (await import('./commands/serve.ts')).addServe,
  },
  check: {
    group: RUN,
    usage: '[file]',
    summary: 'list problems of a study file or a lab file',
    load: async () => (await import('./commands/check.ts')).addCheck,
  },
  simulate: {
    group: RUN,
    usage: '',
    summary: 'simulate a study on a virtual clock',
    load: async () => (await import('./commands/simulate.ts')).addSimulate,
  },
  studies: {
    group: READ,
    usage: '',
    summary: 'list studies; rename, annotate, delete, restore',
    load: async () => (await import('./commands/studies.ts')).addStudies,
  },
  show: {
    group: READ,
    usage: '<study>',
    summary: 'show a study: state, best trial, search space',
    load: async () => (await import('./commands/show.ts')).addShow,
  },
  trials: {
    group: READ,
    usage: '<study>',
    summary: 'list the trials of a study',
    load: async () => (await import('./commands/trials.ts')).addTrials,
  },
  best: {
    group: READ,
    usage: '<study>',
    summary: 'show the best trials, or the Pareto front',
    load: async () => (await import('./commands/best.ts')).addBest,
  },
  story: {
    group: READ,
    usage: '<study> <trial>',
    summary: 'show what happened to a trial',
    load: async () => (await import('./commands/story.ts')).addStory,
  },
  logs: {
    group: READ,
    usage: '<study> <trial>',
    summary: "show what a trial's program printed",
    load: async () => (await import('./commands/logs.ts')).addLogs,
  },
  config: {
    group: READ,
    usage: '<study> [trial]',
    summary: 'print the configuration file of a trial',
    load: async () => (await import('./commands/config.ts')).addConfig,
  },
  export: {
    group: READ,
    usage: '<study>',
    summary: 'export the best trials: JSON, CSV, ONNX, weights',
    load: async () => (await import('./commands/export.ts')).addExport,
  },
  enqueue: {
    group: CHANGE,
    usage: '<study> [values...]',
    summary: 'have a given point tried',
    load: async () => (await import('./commands/enqueue.ts')).addEnqueue,
  },
  edit: {
    group: CHANGE,
    usage: '<study>',
    summary: 'edit ranges, fixed parameters, sampler or pruner',
    load: async () => (await import('./commands/edit.ts')).addEdit,
  },
  doctor: {
    group: MACHINE,
    usage: '[study]',
    summary: 'check for everything Galapagos needs',
    load: async () => (await import('./commands/doctor.ts')).addDoctor,
  },
  devices: {
    group: MACHINE,
    usage: '',
    summary: 'list the CPU and GPUs, and what works on them',
    load: async () => (await import('./commands/devices.ts')).addDevices,
  },
  datasets: {
    group: MACHINE,
    usage: '',
    summary: 'import, list, show and remove datasets',
    load: async () => (await import('./commands/datasets.ts')).addDatasets,
  },
  backend: {
    group: MACHINE,
    usage: '',
    summary: 'install executor libraries: TensorFlow',
    load: async () => (await import('./commands/backend.ts')).addBackend,
  },
  python: {
    group: MACHINE,
    usage: '',
    summary: 'install the Python module for training scripts',
    load: async () => (await import('./commands/python.ts')).addPython,
  },
  node: {
    group: LAB,
    usage: '[host]',
    summary: 'work for the lab of another machine',
    load: async () => (await import('./commands/node.ts')).addNode,
  },
  nodes: {
    group: LAB,
    usage: '',
    summary: 'list, drain, pause, resume and remove machines',
    load: async () => (await import('./commands/nodes.ts')).addNodes,
  },
  invite: {
    group: LAB,
    usage: '',
    summary: 'invite another machine to this lab',
    load: async () => (await import('./commands/invite.ts')).addInvite,
  },
  keys: {
    group: LAB,
    usage: '',
    summary: 'show or replace the key of this machine',
    load: async () => (await import('./commands/keys.ts')).addKeys,
  },
  cluster: {
    group: LAB,
    usage: '',
    summary: 'add machines of a Slurm cluster',
    load: async () => (await import('./commands/cluster.ts')).addCluster,
  },
  'ask-tell': {
    group: PROGRAMS,
    usage: '',
    summary: 'use a sampler over stdin and stdout',
    load: async () => (await import('./commands/ask-tell.ts')).addAskTell,
  },
};

/** Term of a command in the list: its name and arguments. Nearly every command has options. */
export function subcommandTerm(command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [command.name(), ...words].join(' ');
}

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
  for (const [name, { group, usage, summary, load }] of Object.entries(commands)) {
    if (args.includes(name)) (await load())(program, context, runStudy);
    else addArguments(program.command(name), usage);
    program.commands
      .find((command) => command.name() === name)
      ?.summary(summary)
      .helpGroup(group);
  }
}

function addArguments(command: Command, usage: string): void {
  for (const word of usage.split(' ')) if (word !== '') command.argument(word);
}
