/** Finds processes by what they were started with. On Linux only. */
import { readFileSync, readdirSync } from 'node:fs';

/**
 * Ids of processes whose environment, or command line, contains a text; none where there is no
 * /proc.
 */
export function processesWith(text: string, place: 'environ' | 'cmdline' = 'environ'): number[] {
  return namesOfProc().flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const found = readFileSync(`/proc/${name}/${place}`, 'latin1');
      return found.includes(text) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

function namesOfProc(): string[] {
  try {
    return readdirSync('/proc');
  } catch {
    return [];
  }
}
