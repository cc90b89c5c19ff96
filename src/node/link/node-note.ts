/**
 * Note of the process that is this machine's node, in `node.json`: two processes with one key would
 * take the connections from each other.
 */
import { z } from 'zod';
import { GalapagosError } from '../../core/errors.ts';
import { strict } from '../../protocol/problems.ts';
import { isRunning } from '../../runtime/process-running.ts';
import type { LanFolder } from '../keys/lan-folder.ts';

const FILE = 'node.json';

const schema = strict({ pid: z.int().min(1) });

/**
 * @returns a function that removes the note when the node ends
 * @throws GalapagosError `held` while another process is this machine's node
 */
export function noteNode(folder: LanFolder): () => void {
  folder.exclusively(() => {
    const found = folder.read(FILE, schema);
    if (found !== null && found.pid !== process.pid && isRunning(found.pid))
      throw new GalapagosError(
        'held',
        `this machine is a node already, in process ${found.pid}: end that process first, or see galapagos node status`,
        { pid: found.pid },
      );
    folder.write(FILE, { pid: process.pid });
  });
  return () => {
    if (folder.read(FILE, schema)?.pid === process.pid) folder.remove(FILE);
  };
}
