/** Runs one study on a durable lab with real worker processes, timed from when all workers are ready to the last result shown. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SearchSpace } from '../src/core/search-space/distribution.ts';
import { startLab } from '../src/lab/start-lab.ts';

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
const space: SearchSpace = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x${i}`, { type: 'float' as const, low: 0, high: 1 }]));

export async function runLab({ sampler, trials, workers, durationMs }: LabRunOptions): Promise<LabRun> {
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-bench-'));
  let ready = 0;
  let ended = 0;
  let whenReady: () => void = () => undefined;
  let whenOver: (error?: Error) => void = () => undefined;
  const allReady = new Promise<void>((resolve) => (whenReady = resolve));
  const over = new Promise<void>((resolve, reject) => (whenOver = (error) => (error === undefined ? resolve() : reject(error))));
  const lab = await startLab({
    file: join(folder, 'lab.db'),
    resources: fileURLToPath(new URL('../resources', import.meta.url)),
    listener: {
      show: (_, change) => void (ended += change.kind === 'trialEnded' ? 1 : 0),
      showLab: (change) => {
        if (change.kind === 'slotReady' && ++ready === workers) whenReady();
      },
      finished: () => whenOver(),
      fatal: (error) => whenOver(error),
      workerExited: ({ by, lastWords }) => {
        if (by === 'itself') whenOver(new Error(`a worker ended: ${lastWords}`));
      },
    },
  });
  try {
    lab.startWorkers(workers);
    await Promise.race([allReady, over]);
    const started = performance.now();
    const objective = { kind: 'synthetic', function: 'sphere', ...(durationMs === 0 ? {} : { durationMs }) };
    const spec = { name: 'bench', objective, direction: 'minimize', searchSpace: space, sampler: { name: sampler }, seed: 1 } as const;
    lab.coordinator.createStudy('bench', spec, { trials, activeMs: null, target: null });
    await over;
    return { seconds: (performance.now() - started) / 1000, ended };
  } finally {
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
