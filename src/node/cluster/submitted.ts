/** Job arrays that this user submitted, in `lan/arrays.json` of the user folder. */
import { z } from 'zod';
import { integer, strict } from '../../protocol/problems.ts';
import type { LanFolder } from '../keys/lan-folder.ts';

const FILE = 'arrays.json';

const array = strict({
  scheduler: z.literal('slurm', { error: 'slurm' }),
  job: z.string().regex(/^\d+$/, { error: 'the id of a job' }),
  nodes: integer(1),
  submitted: z.iso.datetime({ error: 'a UTC time' }),
  /** Id of the invitation, which is revoked with the array; null: given by the user. */
  invitation: z.string().nullable(),
});
export type SubmittedArray = Readonly<z.output<typeof array>>;

const schema = strict({ arrays: z.array(array) });

export function submittedArrays(folder: LanFolder): readonly SubmittedArray[] {
  return folder.read(FILE, schema)?.arrays ?? [];
}

export function noteArray(folder: LanFolder, submitted: SubmittedArray): void {
  change(folder, (arrays) => [...arrays, submitted]);
}

export function forgetArray(folder: LanFolder, job: string): void {
  change(folder, (arrays) => arrays.filter((each) => each.job !== job));
}

function change(
  folder: LanFolder,
  next: (arrays: readonly SubmittedArray[]) => readonly SubmittedArray[],
): void {
  folder.exclusively(() => {
    folder.write(FILE, { arrays: next(submittedArrays(folder)) });
  });
}
