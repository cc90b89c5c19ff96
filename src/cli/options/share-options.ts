/** Options `--share` and `--lab-port` of the commands that open a lab. */
import { InvalidArgumentError } from 'commander';
import { LAB_PORT } from '../../protocol/host-address.ts';

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
