/**
 * A whole search as a user runs it, from the start of the command to the exported configurations.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bestConfigs } from '../src/protocol/best-configs.ts';
import { galapagos } from './processes.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

export interface Searched {
  /** Wall time of the command. */
  readonly seconds: number;
  /** Best value of the study. */
  readonly best: number;
}

/** Runs a study in a lab of its own. @throws Error with what the command said */
export function wholeSearch(
  study: string,
  args: readonly string[] = [],
  signal?: AbortSignal,
): Promise<Searched> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'best.json');
    const options = ['--lab', join(folder, 'lab.db'), '--export', file, ...args];
    const { code, seconds, stderr } = await galapagos(['run', study, ...options], signal);
    if (code !== 0) throw new Error(stderr);
    const { best } = bestConfigs.parse(JSON.parse(readFileSync(file, 'utf8')));
    return { seconds, best: best[0]?.value ?? 0 };
  });
}
