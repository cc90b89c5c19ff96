/** Addresses of hosts as people type them: `desk`, `10.0.0.7:47800`, `[fe80::1%eth0]:47800`. */
import { InvalidInput } from '../core/errors.ts';

/** TCP port of a shared lab. */
export const LAB_PORT = 47_800;
const MOST_PORT = 65_535;

export interface HostAddress {
  /** IP address or name. */
  readonly host: string;
  readonly port: number;
}

/**
 * Parses `HOST` or `HOST:PORT`; an IPv6 address with a port stands in brackets.
 * @throws InvalidInput
 */
export function parseHostAddress(text: string): HostAddress {
  const { host, port } = parseHostPort(text);
  return { host, port: port ?? LAB_PORT };
}

/** As `parseHostAddress`; `port` is null where none is given. */
export function parseHostPort(text: string): {
  readonly host: string;
  readonly port: number | null;
} {
  const typed = text.trim();
  const bracketed = /^\[([^[\]]+)\](?::(\d+))?$/.exec(typed);
  const named = /^([^:[\]]+)(?::(\d+))?$/.exec(typed);
  // More than one colon without brackets: an IPv6 address without a port.
  const bare = /^[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*(?:%[\w.-]+)?$/i.exec(typed);
  const [, host = bare?.[0] ?? '', given] = bracketed ?? named ?? [];
  const port = given === undefined ? null : Number(given);
  if (!/^[\w.:%-]{1,255}$/.test(host) || (port !== null && (port < 1 || port > MOST_PORT)))
    throw new InvalidInput('address', [
      {
        code: 'out-of-range',
        path: '',
        expected: `a host like desk, 10.0.0.7:${LAB_PORT} or [fe80::1]:${LAB_PORT}`,
        found: JSON.stringify(text),
      },
    ]);
  return { host, port };
}

export function hostAddressText({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
