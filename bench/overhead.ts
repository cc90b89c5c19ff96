/**
 * Overhead of a trial beyond its objective: zero-length trials per second, and utilisation of 16
 * workers with trials of 200 ms; fewer where this machine does not run 16.
 */
import { workerCount } from '../src/node/workers/slots.ts';
import { runLab } from './lab-run.ts';
import { peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';

const TRIALS = 30_000;
const BUSY = workerCount(16).workers;

export async function run(): Promise<BenchRow[]> {
  const rate = await runLab({ sampler: 'random', trials: TRIALS, workers: 4, durationMs: 0 });
  const busy = await runLab({ sampler: 'random', trials: 800, workers: BUSY, durationMs: 200 });
  const perSecond = rate.ended / rate.seconds;
  const efficiency = (busy.ended * 0.2) / (BUSY * busy.seconds);
  const rows: BenchRow[] = [];
  for (const storage of ['sqlite', 'journal']) {
    const theirs = await optuna(storage);
    rows.push(
      row(
        'zero-length trials, 4 workers, durable',
        perSecond,
        'trials/s',
        5_000,
        `Optuna ${storage}`,
        theirs?.perSecond ?? null,
      ),
    );
    rows.push(
      row(
        `efficiency, ${BUSY} workers × 200 ms`,
        efficiency,
        'of 1',
        0.98,
        `Optuna ${storage}`,
        theirs?.efficiency ?? null,
      ),
    );
  }
  return rows;
}

function row(
  name: string,
  value: number,
  unit: string,
  goal: number,
  peerName: string,
  peerValue: number | null,
): BenchRow {
  return {
    bench: 'overhead',
    case: name,
    value,
    unit,
    peer: peerName,
    peerValue,
    ratio: peerValue === null ? null : value / peerValue,
    goal: `≥ ${goal}`,
    held: value >= goal,
    ...(peerValue === null ? { note: 'Optuna is not installed' } : {}),
  };
}

async function optuna(storage: string): Promise<{ perSecond: number; efficiency: number } | null> {
  const python = peerPython('optuna');
  if (python === null) return null;
  const rate = await peer(python, 'optuna_overhead.py', [storage, '4', '0', '10']);
  const busy = await peer(python, 'optuna_overhead.py', [storage, String(BUSY), '200', '15']);
  return {
    perSecond: Number(rate['trials']) / Number(rate['seconds']),
    efficiency: (Number(busy['trials']) * 0.2) / (BUSY * Number(busy['seconds'])),
  };
}
