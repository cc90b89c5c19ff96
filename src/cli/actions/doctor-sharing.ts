/** Checks whether other machines could reach a lab that is shared from this one. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DoctorCheck as Check } from '../../protocol/cli-output.ts';
import { LAB_PORT } from '../../protocol/host-address.ts';

const ONLY = 'needed only to share a lab';

export interface SharingPaths {
  /** Folder of the system's settings. */
  readonly etc: string;
  /** Folder of the state of running services. */
  readonly run: string;
}

/** @param paths null: a system without ufw and firewalld */
export async function sharing(
  paths: SharingPaths | null = process.platform === 'linux' ? { etc: '/etc', run: '/run' } : null,
  port = LAB_PORT,
): Promise<Check> {
  const name = 'sharing a lab';
  const code = await openingError(port);
  if (code !== null) {
    const found =
      code === 'EADDRINUSE'
        ? `TCP port ${port} is in use, by a lab that is shared or by another program`
        : `TCP port ${port} cannot be opened (${code})`;
    const remedy = `${ONLY}: another port can be chosen with --lab-port`;
    return { name, state: 'optional', found, remedy };
  }
  if (paths === null) {
    const found = `TCP port ${port} is free; the system may ask once whether to accept connections`;
    return { name, state: 'ok', found, remedy: null };
  }
  const firewall = firewallOf(paths, port);
  return firewall === null
    ? {
        name,
        state: 'ok',
        found: `TCP port ${port} is free; ufw and firewalld are off`,
        remedy: null,
      }
    : {
        name,
        state: 'optional',
        found: `${firewall.name} is on; whether it admits TCP port ${port} is unknown`,
        remedy: `${ONLY}: run ${firewall.command}`,
      };
}

function firewallOf(
  { etc, run }: SharingPaths,
  port: number,
): { readonly name: string; readonly command: string } | null {
  if (/^ENABLED=yes/im.test(textOf(join(etc, 'ufw', 'ufw.conf'))))
    return { name: 'ufw', command: `sudo ufw allow ${port}/tcp` };
  if (existsSync(join(run, 'firewalld')) || existsSync(join(run, 'firewalld.pid'))) {
    const add = `sudo firewall-cmd --permanent --add-port=${port}/tcp`;
    return { name: 'firewalld', command: `${add} && sudo firewall-cmd --reload` };
  }
  return null;
}

/** Returns a file's text; empty: it cannot be read. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** Returns the code of the error with which a port cannot be opened; null: it can. */
function openingError(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(null)));
  });
}
