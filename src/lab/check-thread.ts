/** Entry of the thread that checks a lab file (`lab-check.ts`) once. */
import { parentPort, workerData } from 'node:worker_threads';
import { END_THREAD } from '../runtime/start-thread.ts';
import { checkingLab, findingText } from '../storage/check-lab.ts';
import type { Finding } from '../storage/check-lab.ts';
import type { Damage } from './lab-check.ts';

const { file } = workerData as { readonly file: string };
let ended = false;
parentPort?.on('message', (message: unknown) => {
  if (message === END_THREAD) ended = true;
});

async function check(): Promise<Damage | null> {
  let count = 0;
  let first: Finding | undefined;
  for (const findings of checkingLab(file)) {
    count += findings.length;
    first ??= findings[0];
    // A request to end is handled between two pages.
    await new Promise((resolve) => setImmediate(resolve));
    if (ended) return null;
  }
  return first === undefined ? null : { count, first: findingText(first) };
}

try {
  const damage = await check();
  if (damage !== null) parentPort?.postMessage(damage);
} finally {
  parentPort?.close();
}
