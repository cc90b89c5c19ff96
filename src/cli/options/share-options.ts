/** Options of the commands that open a lab: its workers, and sharing it with other machines. */
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { workerCount } from '../../node/workers/slots.ts';
import type { WorkerCount } from '../../node/workers/slots.ts';
import { LAB_PORT } from '../../protocol/host-address.ts';
import { UsageError } from '../process/exit-codes.ts';
import { integer, names } from './arguments.ts';

const MOST_PORT = 65_535;

export interface ShareFlags {
  readonly share?: boolean;
  readonly labPort?: number;
}

/** A port of a command line, 0 for any free one. */
export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text.trim()) && port <= MOST_PORT) return port;
  throw new InvalidArgumentError(
    `Expected a port from 0 to ${MOST_PORT}, found ${JSON.stringify(text)}.`,
  );
}

/** Adds `--workers` and `--devices`. */
export function addWorkerOptions(command: Command): Command {
  return command
    .option(
      '--workers <n>',
      'number of worker processes, at most 4 per core (default: 1 per core); with --share also 0: only other machines work',
      integer(0),
    )
    .option(
      '--devices <names>',
      'devices to use, e.g. cpu,gpu/0 (default: every device that works; see galapagos devices)',
      names,
    );
}

/** Adds `--share` and `--lab-port`. */
export function addShareOptions(command: Command): Command {
  return command
    .option('--share', 'let other machines work for this lab, and print an invitation')
    .option('--lab-port <n>', 'TCP port for other machines; 0: any free port', portNumber);
}

/** Returns the TCP port to share the lab on; null: it is not shared. `--lab-port` implies it. */
export function sharePort({ share, labPort }: ShareFlags): number | null {
  return share === true || labPort !== undefined ? (labPort ?? LAB_PORT) : null;
}

/**
 * Returns how many CPU workers this machine starts.
 * @throws UsageError for none in a lab that no other machine can join
 */
export function countedWorkers(
  flags: ShareFlags & { readonly workers?: number },
): Pick<WorkerCount, 'note'> {
  if (flags.workers !== 0) return workerCount(flags.workers ?? null);
  if (sharePort(flags) !== null) return { note: null };
  throw new UsageError('--workers: expected an integer ≥ 1, or 0 together with --share, found 0');
}
