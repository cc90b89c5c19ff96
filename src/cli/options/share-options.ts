/** Options `--share` and `--lab-port` of the commands that open a lab. */
import { InvalidArgumentError } from 'commander';
import { workerCount } from '../../node/workers/slots.ts';
import type { WorkerCount } from '../../node/workers/slots.ts';
import { LAB_PORT } from '../../protocol/host-address.ts';
import { UsageError } from '../process/exit-codes.ts';

const MOST_PORT = 65_535;

export interface ShareFlags {
  readonly share?: boolean;
  readonly labPort?: number;
}

export function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text.trim()) && port <= MOST_PORT) return port;
  throw new InvalidArgumentError(
    `Expected a port from 0 to ${MOST_PORT}, found ${JSON.stringify(text)}.`,
  );
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
