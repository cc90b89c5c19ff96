/** Reads what a trial's program printed, a limited stretch at a time. */
import { Lines, inCharacter } from '../../objectives/command/values/lines.ts';
import {
  attemptsWithOutput,
  endOfOutput,
  outputFolder,
  readOutput,
} from '../../objectives/command/output/output-log.ts';
import { MOST_OUTPUT } from '../../protocol/window/reading.ts';
import type { TrialOutputPart } from '../../protocol/window/reading.ts';

/**
 * @param study uid of the study, or the name of a study of another program, which has no output
 * @param from null: the end of the output
 */
export function outputOf(
  userFolder: string,
  study: string,
  trial: number,
  from: number | null,
): TrialOutputPart {
  const nothing = { attempt: null, omitted: 0, lines: [], end: 0 };
  // A name may contain what leads out of the folder.
  if (!/^[\w-]+$/.test(study)) return nothing;
  const folder = outputFolder(userFolder, study, trial);
  const attempt = attemptsWithOutput(folder).at(-1);
  if (attempt === undefined) return nothing;
  const end = endOfOutput(folder, attempt);
  // The output of another attempt begins anew.
  const wanted = from === null || from > end ? Math.max(0, end - MOST_OUTPUT) : from;
  let omitted = from === null ? wanted : 0;
  let at = wanted;
  const lines: string[] = [];
  const reader = new Lines((text) => lines.push(text));
  for (const part of readOutput(folder, attempt, wanted, MOST_OUTPUT)) {
    if (part.omitted > 0) reader.end();
    omitted += part.omitted;
    // The next stretch begins with a whole character.
    const held = part.end < end ? inCharacter(part.bytes, part.bytes.length) : 0;
    reader.add(part.bytes.subarray(0, part.bytes.length - held));
    at = part.end - held;
  }
  reader.end();
  return { attempt, omitted, lines, end: at };
}
