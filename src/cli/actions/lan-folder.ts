/** Opens the folder of this machine's keys and admissions for a command. */
import { LanFolder } from '../../node/keys/lan-folder.ts';
import type { Context } from '../process/context.ts';

/** Notes on repaired permissions go to stderr. */
export function lanFolder({ userFolder, streams }: Context): LanFolder {
  return new LanFolder(userFolder, (sentence) => streams.stderr.write(`Note: ${sentence}\n`));
}
