/** The owner's permission that a lab may run programs on this machine, in `programs.json`. */
import { z } from 'zod';
import { strict } from '../../protocol/problems.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'programs.json';

const schema = strict({
  /** Id of the host whose programs may run; another host needs a permission of its own. */
  host: z.string().min(1).max(256),
});

/**
 * Returns whether programs of the host may run. @throws InvalidInput naming the file and the field
 */
export function permitsPrograms(folder: LanFolder, host: string): boolean {
  return folder.read(FILE, schema)?.host === host;
}

/** Keeps or removes the permission; durable when it returns. */
export function permitPrograms(folder: LanFolder, host: string, permitted: boolean): void {
  folder.exclusively(() => {
    if (permitted) folder.write(FILE, { host });
    else folder.remove(FILE);
  });
}
