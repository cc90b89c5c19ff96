/** The host that this machine joined, in `host.json`: known by its key, wherever it is. */
import { z } from 'zod';
import { publicKey } from '../../protocol/node-messages.ts';
import { strict } from '../../protocol/problems.ts';
import type { LanFolder } from './lan-folder.ts';

const FILE = 'host.json';

const schema = strict({
  /** Id by which it announces itself. */
  id: z.string(),
  key: publicKey,
  /** Key that it announced and has not used yet; absent: none. */
  nextKey: publicKey.exactOptional(),
  /** Key of this machine that the host knows; absent: the present one. */
  ownKey: publicKey.exactOptional(),
  /** Id of this machine at that host. */
  node: z.string(),
  /** Addresses at which it was reached, `host:port`, last good one first. */
  addresses: z.array(z.string()),
  /** Name of the host's machine. */
  name: z.string(),
  /** Name of the lab. */
  lab: z.string(),
});
export type JoinedHost = Readonly<z.output<typeof schema>>;

/** Null: this machine has joined no lab. */
export function readJoinedHost(folder: LanFolder): JoinedHost | null {
  return folder.read(FILE, schema);
}

export function writeJoinedHost(folder: LanFolder, host: JoinedHost): void {
  folder.exclusively(() => folder.write(FILE, host));
}

export function forgetJoinedHost(folder: LanFolder): void {
  folder.exclusively(() => folder.remove(FILE));
}
