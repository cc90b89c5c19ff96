/**
 * The main job as a user starts it: the published search with 64 evaluations; wall time of the
 * whole command beside Optuna with PyTorch.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bestConfigs } from '../src/protocol/best-configs.ts';
import { galapagos, peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

export function run(): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const file = join(folder, 'best.json');
    const ours = await galapagos([
      'run',
      'paper-mnist-evolution',
      '--lab',
      join(folder, 'lab.db'),
      '--export',
      file,
    ]);
    if (ours.code !== 0) throw new Error(ours.stderr);
    const best = bestConfigs.parse(JSON.parse(readFileSync(file, 'utf8'))).best[0]?.value ?? 0;
    const python = peerPython('optuna', 'torch');
    const images = fileURLToPath(new URL('../resources/datasets/mnist', import.meta.url));
    const theirs =
      python === null ? null : await peer(python, 'optuna_mnist.py', [images, '64', '2']);
    const seconds = theirs === null ? null : Number(theirs['seconds']);
    const name =
      theirs === null
        ? null
        : `Optuna ${String(theirs['optuna'])} + PyTorch ${String(theirs['torch'])}, 2 processes`;
    const missing = theirs === null ? { note: 'Optuna with PyTorch is not installed' } : {};
    return [
      {
        bench: 'mnist',
        case: `64 evaluations, whole command, ${availableParallelism()} cores`,
        value: ours.seconds,
        unit: 's',
        peer: name,
        peerValue: seconds,
        ratio: seconds === null ? null : ours.seconds / seconds,
        goal: '≤ 1/3 × peer (goal ≤ 15 s)',
        held: seconds === null ? null : ours.seconds <= seconds / 3,
        ...missing,
      },
      {
        bench: 'mnist',
        case: 'best test accuracy',
        value: best,
        unit: 'of 1',
        peer: name,
        peerValue: theirs === null ? null : Number(theirs['best']),
        ratio: theirs === null ? null : best / Number(theirs['best']),
        goal: '≥ 0.93',
        held: best >= 0.93,
        ...missing,
      },
    ];
  });
}
