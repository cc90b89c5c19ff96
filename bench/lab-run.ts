/**
 * Runs one synthetic study on a fresh lab, timed from when all workers are ready to the last
 * result.
 */
import { join } from 'node:path';
import type { SearchSpace } from '../src/core/search-space/distribution.ts';
import { BenchLab } from './bench-lab.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

export interface LabRunOptions {
  readonly sampler: string;
  readonly trials: number;
  readonly workers: number;
  /** Of the synthetic objective. */
  readonly durationMs: number;
}

export interface LabRun {
  readonly seconds: number;
  readonly ended: number;
}

/** Eight numeric parameters, as in the peers' script. */
const space: SearchSpace = Object.fromEntries(
  Array.from({ length: 8 }, (_, i) => [`x${i}`, { type: 'float' as const, low: 0, high: 1 }]),
);

export async function runLab({
  sampler,
  trials,
  workers,
  durationMs,
}: LabRunOptions): Promise<LabRun> {
  const objective = {
    kind: 'synthetic',
    function: 'sphere',
    ...(durationMs === 0 ? {} : { durationMs }),
  };
  const spec = {
    name: 'bench',
    objective,
    direction: 'minimize',
    searchSpace: space,
    sampler: { name: sampler },
    seed: 1,
  } as const;
  let ended = 0;
  const seconds = await inFreshLab(workers, async (lab) => {
    const run = await lab.run(
      spec,
      { trials, activeMs: null, target: null },
      { onTrial: () => void (ended += 1) },
    );
    return run.seconds;
  });
  return { seconds, ended };
}

/** Runs work in a lab in a temporary folder. */
export function inFreshLab<T>(workers: number, work: (lab: BenchLab) => Promise<T>): Promise<T> {
  return inTemporaryFolder(async (folder) => {
    const lab = await BenchLab.open(join(folder, 'lab.db'), workers);
    try {
      return await work(lab);
    } finally {
      await lab.close();
    }
  });
}
