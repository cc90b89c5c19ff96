/** Names in a folder that may be missing. */
import { readdirSync } from 'node:fs';

/** Empty where the folder is missing, or may not be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
