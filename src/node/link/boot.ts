/**
 * Counts the starts of the node process on its disk, before its first message: a host recognises by
 * a higher number that the workers of an earlier process have ended.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCode } from '../../runtime/error-code.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';

const FILE = 'boot';

/**
 * Increments the number in a folder and returns it once it is durable.
 * @param folder of the node's identity, created if missing
 * @param wallClock milliseconds since 1970
 * @throws GalapagosError `not-written` when the folder cannot be written
 */
export function nextBoot(folder: string, wallClock: () => number = Date.now): number {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, FILE);
  // Seconds since 1970 exceed every count of starts, so that the number grows after damage too.
  const boot = (readBoot(file) ?? Math.floor(wallClock() / 1000)) + 1;
  writeAtomically(file, `${boot}\n`, 0o600);
  return boot;
}

/** Returns 0 where there is no file, and null where the file contains no number. */
function readBoot(file: string): number | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return 0;
    throw error;
  }
  const found = Number(text.trim());
  return /^\d+\n?$/.test(text) && Number.isSafeInteger(found) ? found : null;
}
