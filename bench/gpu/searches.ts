/** Whole searches on a card, from the start of the command to the exported configurations. */
import { fileURLToPath } from 'node:url';
import { peer, peerPython } from '../processes.ts';
import type { BenchRow } from '../row.ts';
import { wholeSearch, type Searched } from '../whole-search.ts';
import type { Clock } from './clock.ts';

/** Runs a study on the card. */
function search(study: string, args: readonly string[], signal: AbortSignal): Promise<Searched> {
  return wholeSearch(study, ['--executor', 'webgpu', ...args], signal);
}

/** The published search on MNIST beside Optuna with PyTorch, and 1,024 trials at once. */
export async function mnistSearches(clock: Clock): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  const paper = await clock.run('paper-mnist-evolution', 60, (signal) =>
    search('paper-mnist-evolution', [], signal),
  );
  if (paper !== null) rows.push(await besideOptuna(paper, clock));
  const many = ['--trials', '1024', '--packing', 'sooner'];
  const all = await clock.run('mnist, 1,024 trials', 60, (signal) => search('mnist', many, signal));
  if (all !== null)
    rows.push({
      ...rowOf('mnist, 1,024 trials, all lanes, whole command', all),
      goal: '≤ 10 s',
      held: all.seconds <= 10,
    });
  return rows;
}

async function besideOptuna(paper: Searched, clock: Clock): Promise<BenchRow> {
  const python = peerPython('optuna', 'torch');
  const images = fileURLToPath(new URL('../../resources/datasets/mnist', import.meta.url));
  const theirs =
    python === null
      ? null
      : await clock.run('Optuna and PyTorch, 64 evaluations', 150, (signal) =>
          peer(python, 'optuna_mnist.py', [images, '64', '1', 'cuda'], undefined, signal),
        );
  const row = {
    ...rowOf('paper-mnist-evolution, 64 evaluations, whole command', paper),
    goal: '≤ 2 s and ≤ 1/20 × peer',
  };
  if (theirs === null) return row;
  const peerValue = Number(theirs['seconds']);
  const ratio = paper.seconds / peerValue;
  return {
    ...row,
    peer: `Optuna ${String(theirs['optuna'])} + PyTorch ${String(theirs['torch'])} on the card`,
    peerValue,
    ratio,
    held: paper.seconds <= 2 && ratio <= 1 / 20,
  };
}

function rowOf(what: string, { seconds, best }: Searched): BenchRow {
  return {
    bench: 'gpu',
    case: what,
    value: seconds,
    unit: 's',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: '–',
    held: null,
    note: `best ${(100 * best).toFixed(2)} %`,
  };
}

/** Published best accuracy of 64 evaluations on CIFAR-10, in per cent. */
const PUBLISHED = { grid: 77.32, random: 78.08, evolution: 79.51 } as const;

/** The published comparison on CIFAR-10, which has to be imported before. */
export async function cifarSearches(clock: Clock): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [sampler, published] of Object.entries(PUBLISHED)) {
    const study = `paper-cifar10-${sampler}`;
    const found = await clock.run(study, 300, (signal) => search(study, [], signal));
    if (found === null) continue;
    const value = 100 * found.best;
    rows.push({
      bench: 'gpu',
      case: `${study}, 64 evaluations`,
      value,
      unit: '%',
      peer: 'published',
      peerValue: published,
      ratio: value / published,
      goal: `≥ ${String(published)} %`,
      held: value >= published,
      note: `${String(Math.round(found.seconds))} s`,
    });
  }
  return rows;
}
