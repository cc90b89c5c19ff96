/**
 * The main job as a user starts it: the published search with 64 evaluations; wall time of the
 * whole command beside Optuna with PyTorch.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import { wholeSearch } from './whole-search.ts';

export async function run(): Promise<BenchRow[]> {
  const { seconds, best } = await wholeSearch('paper-mnist-evolution');
  const python = peerPython('optuna', 'torch');
  const images = fileURLToPath(new URL('../resources/datasets/mnist', import.meta.url));
  const theirs =
    python === null ? null : await peer(python, 'optuna_mnist.py', [images, '64', '2']);
  const theirSeconds = theirs === null ? null : Number(theirs['seconds']);
  const name =
    theirs === null
      ? null
      : `Optuna ${String(theirs['optuna'])} + PyTorch ${String(theirs['torch'])}, 2 processes`;
  const missing = theirs === null ? { note: 'Optuna with PyTorch is not installed' } : {};
  return [
    {
      bench: 'mnist',
      case: `64 evaluations, whole command, ${availableParallelism()} cores`,
      value: seconds,
      unit: 's',
      peer: name,
      peerValue: theirSeconds,
      ratio: theirSeconds === null ? null : seconds / theirSeconds,
      goal: '≤ 1/3 × peer (goal ≤ 15 s)',
      held: theirSeconds === null ? null : seconds <= theirSeconds / 3,
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
}
