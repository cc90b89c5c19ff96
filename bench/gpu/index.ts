/**
 * `npm run bench -- gpu`: speed on this machine's graphics card beside PyTorch and JAX on the same
 * card. Ends by itself within 8 minutes (`--minutes N`); `--cifar` adds the published comparison on
 * CIFAR-10, which takes up to 25 minutes more. Without a card it says so, except where
 * GALAPAGOS_WEBGPU_FALLBACK=1: then the networks
 * run in small sizes on the CPU, to try the bench.
 */
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { FALLBACK_VARIABLE, listAdapters } from '../../src/runtime/gpu/adapters.ts';
import { userFolder } from '../../src/runtime/user-folder.ts';
import { tryInstallation } from '../../src/training/executors/tensorflow/try-installation.ts';
import type { BenchRow } from '../row.ts';
import { clockOf } from './clock.ts';
import { cifarSearches, mnistSearches } from './searches.ts';
import { throughput } from './throughput.ts';

export interface GpuRun {
  readonly rows: readonly BenchRow[];
  readonly json: boolean;
  readonly save: boolean;
}

/** Null: it cannot run; the reason was printed. */
export async function gpuBench(args: readonly string[]): Promise<GpuRun | null> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      cifar: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '8' },
    },
  });
  const { json, save, cifar } = values;
  const { adapters, reason, remedy } = await listAdapters();
  const card = adapters.find(({ software }) => !software);
  const software = card === undefined;
  if (software && (adapters.length === 0 || process.env[FALLBACK_VARIABLE] !== '1')) {
    const why = reason ?? 'only adapters that compute on the CPU';
    process.stderr.write(
      `gpu: no graphics card: ${why}${remedy === undefined ? '' : `; ${remedy}`}\n`,
    );
    return null;
  }
  const clock = clockOf(Number(values.minutes));
  clock.say(card?.name ?? `${adapters[0]?.name ?? ''}, in small sizes`);
  const folder = process.env['GALAPAGOS_TENSORFLOW'] ?? join(userFolder(), 'tensorflow');
  const tensorflow = await tryInstallation({ folder });
  const cuda = tensorflow.state === 'works' && tensorflow.findsCard;
  const rows = [
    ...(software ? [] : await mnistSearches(clock)),
    ...(await throughput({ software, cuda }, clock)),
    ...(cifar ? await cifarSearches(clockOf(25)) : []),
  ];
  return { rows, json, save };
}
