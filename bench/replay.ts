/**
 * Reproducibility. Samplers whose trials do not depend on the order of completion: the same seed on
 * one worker and on four gives identical trials and identical checksums of the trained weights. The
 * others: every trial of a search on four workers is proposed again from the completions that its
 * proposal was based on.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSampler, samplerNames } from '../src/core/samplers/create-sampler.ts';
import type { SearchSpace } from '../src/core/search-space/distribution.ts';
import { readLab } from '../src/storage/read-lab.ts';
import { replayDifferences } from '../test/support/replay-proposals.ts';
import { galapagos } from './processes.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const TRIALS = 16;
const ASYNCHRONOUS_TRIALS = 128;

const searchSpace: SearchSpace = {
  x: { type: 'float', low: -5, high: 5 },
  rate: { type: 'float', low: 1e-4, high: 1, log: true },
  n: { type: 'int', low: 1, high: 300 },
  kind: { type: 'categorical', choices: ['a', 'b', 'c'] },
  y: { type: 'float', low: 0, high: 1, when: { kind: ['b'] } },
};

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
  for (const { name } of samplerNames) {
    const { barrier, window } = createSampler(
      { name },
      { n: { type: 'int', low: 1, high: 9 } },
      'minimize',
      1,
    );
    if (barrier === null && window.kind !== 'none') rows.push(await asynchronousRow(name));
  }
  return rows;
}

async function asynchronousRow(sampler: string): Promise<BenchRow> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'study.json');
    const lab = join(folder, 'lab.db');
    const study = {
      format: 'galapagos-study/1',
      name: 'replay',
      objective: {
        kind: 'synthetic',
        function: 'rastrigin',
        durationMs: { median: 10, sigma: 0.5 },
      },
      direction: 'minimize',
      searchSpace,
      sampler: { name: sampler },
      stop: { trials: ASYNCHRONOUS_TRIALS },
      seed: 1,
    };
    writeFileSync(file, JSON.stringify(study));
    const { code, stderr } = await galapagos(['run', file, '--workers', '4', '--lab', lab]);
    if (code !== 0) throw new Error(stderr);
    const differences = replayDifferences(lab, 'replay');
    const same = ASYNCHRONOUS_TRIALS - differences.length;
    return {
      bench: 'replay',
      case: `${sampler}, 4 workers, proposed again`,
      value: same,
      unit: `of ${ASYNCHRONOUS_TRIALS} trials identical`,
      peer: null,
      peerValue: null,
      ratio: null,
      goal: `${ASYNCHRONOUS_TRIALS}`,
      held: same === ASYNCHRONOUS_TRIALS,
    };
  });
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
