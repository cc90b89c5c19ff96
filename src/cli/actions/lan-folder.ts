/** Reads this machine's keys and admissions for a command. */
import { AdmittedNodes } from '../../node/keys/admitted.ts';
import { LanFolder } from '../../node/keys/lan-folder.ts';
import type { Context } from '../process/context.ts';

/** Opens the folder. Notes on repaired permissions go to stderr. */
export function lanFolder({ userFolder, streams }: Context): LanFolder {
  return new LanFolder(userFolder, (sentence) => streams.stderr.write(`Note: ${sentence}\n`));
}

/** Name of a node that this machine has admitted, otherwise its id. */
export function nodeNamed(context: Context, id: string): string {
  return new AdmittedNodes(lanFolder(context)).find(id)?.name ?? id;
}
