/** Options that `galapagos node` and `galapagos node install` share. */
import { Option } from 'commander';
import type { Command } from 'commander';
import { INVITATION_VARIABLE } from '../../node/cluster/slurm-script.ts';
import { integer, names, text } from './arguments.ts';
import { timeSpan } from './duration-argument.ts';

export interface NodeFlags {
  readonly join?: string;
  readonly name?: string;
  readonly devices?: readonly string[];
  readonly hours?: string;
  readonly whenIdle?: boolean;
  readonly workers?: number;
  /** True or false: the owner decides; absent: as decided before. */
  readonly allowCommands?: boolean;
  /** False: other nodes cannot fetch datasets from this one. */
  readonly serve: boolean;
  /** In ms. */
  readonly drainGrace?: number;
}

/** Adds the argument `[host]` and the options. */
export function addNodeOptions(command: Command): Command {
  return command
    .argument(
      '[host]',
      'address of the host, as name or name:port, several separated by commas (default: the joined lab)',
    )
    .addOption(
      // Other users can read command lines, but not the environment.
      new Option('--join <invitation>', 'join the lab that made this invitation')
        .env(INVITATION_VARIABLE)
        .argParser(text),
    )
    .option(
      '--name <name>',
      'name of this node in the lab (default: the name of the machine)',
      text,
    )
    .option('--devices <list>', 'devices that take part, for example cpu,gpu/0', names)
    .option('--hours <range>', 'work at these hours of the day only, for example 18-8', text)
    .option('--when-idle', 'work only while the machine is not in use')
    .option('--workers <count>', 'number of worker processes on the CPU', integer(1))
    .option(
      '--allow-commands',
      'run programs of this lab, from now on: its users can then run any program here',
    )
    .option('--no-allow-commands', 'run no programs of labs, from now on')
    .option('--no-serve', 'do not send datasets to other nodes')
    .option(
      '--drain-grace <time>',
      'on SIGTERM, time to finish running trials, for example 25s',
      timeSpan,
    );
}

/** Returns the arguments that give `galapagos node` the same host and options. */
export function nodeArguments(host: string | undefined, flags: NodeFlags): readonly string[] {
  const { join, name, devices, hours, whenIdle, workers, allowCommands, serve, drainGrace } = flags;
  const option = (word: string, value: string | number | undefined): readonly string[] =>
    value === undefined ? [] : [word, String(value)];
  return [
    ...(host === undefined ? [] : [host]),
    ...option('--join', join),
    ...option('--name', name),
    ...option('--devices', devices?.join(',')),
    ...option('--hours', hours),
    ...(whenIdle === true ? ['--when-idle'] : []),
    ...option('--workers', workers),
    ...(allowCommands === undefined
      ? []
      : [allowCommands ? '--allow-commands' : '--no-allow-commands']),
    ...(serve ? [] : ['--no-serve']),
    ...option('--drain-grace', drainGrace === undefined ? undefined : `${drainGrace / 1000}s`),
  ];
}
