/**
 * The same seed twice, on one worker and on four: identical trials and identical checksums of the
 * trained weights.
 */
import { join } from 'node:path';
import { readLab } from '../src/storage/read-lab.ts';
import { galapagos } from './processes.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const TRIALS = 16;

export async function run(): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const study of ['paper-mnist-grid', 'paper-mnist-random', 'paper-mnist-evolution']) {
    await inTemporaryFolder(async (folder) => {
      const [one, four] = [await trials(study, 1, folder), await trials(study, 4, folder)];
      const same = one.filter((trial, i) => trial === four[i]).length;
      rows.push({
        bench: 'replay',
        case: `${study}, 1 worker and 4`,
        value: same,
        unit: `of ${TRIALS} trials identical, weights included`,
        peer: null,
        peerValue: null,
        ratio: null,
        goal: `${TRIALS}`,
        held: same === TRIALS && four.length === TRIALS,
      });
    });
  }
  return rows;
}

async function trials(study: string, workers: number, folder: string): Promise<string[]> {
  const lab = join(folder, `${workers}.db`);
  const args = ['run', study, '--workers', String(workers), '--lab', lab];
  const { code, stderr } = await galapagos([...args, '--trials', String(TRIALS)]);
  if (code !== 0) throw new Error(stderr);
  const reader = readLab(lab);
  try {
    return [...reader.trials(study)].map(({ number, params, value, result }) =>
      JSON.stringify([number, params, value, result?.metrics?.['checksum']]),
    );
  } finally {
    reader.close();
  }
}
