/**
 * Note of the process that shares a lab from this machine, in `sharing.json`, for commands beside
 * it. A note of a process that has ended does not count.
 */
import { z } from 'zod';
import { strict } from '../../protocol/problems.ts';
import { isRunning } from '../../runtime/process-running.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'sharing.json';

const schema = strict({
  pid: z.int().min(1),
  /** TCP port of the door. */
  port: z.int().min(1).max(65_535),
  /** Name of the lab. */
  lab: z.string(),
  since: z.iso.datetime({ error: 'a UTC time' }),
});
export type Sharing = Readonly<z.output<typeof schema>>;

/** Null: no process of this user shares a lab now. */
export function readSharing(folder: LanFolder): Sharing | null {
  const found = folder.read(FILE, schema);
  return found !== null && isRunning(found.pid) ? found : null;
}

/** @returns a function that removes the note when sharing ends */
export function noteSharing(
  folder: LanFolder,
  { port, lab }: Pick<Sharing, 'port' | 'lab'>,
): () => void {
  const note: Sharing = { pid: process.pid, port, lab, since: new Date().toISOString() };
  folder.write(FILE, note);
  return () => {
    if (folder.read(FILE, schema)?.pid === process.pid) folder.remove(FILE);
  };
}
