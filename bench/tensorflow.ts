/**
 * Compares the tensorflow executor on one thread with `LayersModel.fit` of tfjs-node for one model,
 * and with op-by-op execution and the wasm executor. CPU time, each in a process of its own, one
 * after another.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { userFolder } from '../src/runtime/user-folder.ts';
import { findInstallation } from '../src/training/executors/tensorflow/installation.ts';
import type { BenchRow } from './row.ts';
import type { Measured } from './training-process.ts';

const CASES = [
  { preset: 'mnist-paper', steps: 60, repeats: 3 },
  { preset: 'cnn', steps: 6, repeats: 2 },
] as const;
const LANES = [1, 16] as const;

export async function run(): Promise<BenchRow[]> {
  const folder = process.env['GALAPAGOS_TENSORFLOW'] ?? join(userFolder(), 'tensorflow');
  const found = findInstallation(folder);
  if ('absent' in found) {
    process.stderr.write(
      `tensorflow: ${found.absent}; galapagos backend install tensorflow sets it up\n`,
    );
    return [];
  }
  const peer = `LayersModel.fit of tfjs-node ${found.installation.tfjs}, 1 model`;
  const rows: BenchRow[] = [];
  for (const { preset, steps, repeats } of CASES) {
    const theirs = await measure<{ readonly samplesPerSecond: number }>(
      folder,
      'peers/tfjs-fit.ts',
      [preset, steps, repeats],
    );
    const row = (what: string, { samplesPerSecond, compileMilliseconds }: Measured): BenchRow => ({
      bench: 'tensorflow',
      case: `${preset}, ${what}`,
      value: Math.round(samplesPerSecond),
      unit: 'samples/s of CPU',
      peer,
      peerValue: Math.round(theirs.samplesPerSecond),
      ratio: samplesPerSecond / theirs.samplesPerSecond,
      goal: '–',
      held: null,
      note: `${String(Math.round(compileMilliseconds))} ms from the network to what runs`,
    });
    for (const lanes of LANES) {
      const ours = (kind: string): Promise<Measured> =>
        measure(folder, 'training-process.ts', [preset, lanes, steps, repeats, kind]);
      const company = `${String(lanes)} ${lanes === 1 ? 'lane' : 'lanes'}`;
      rows.push(row(`one graph, ${company}`, await ours('tensorflow')));
      rows.push(row(`op by op, ${company}`, await ours('tensorflow-ops')));
      const wasm = await ours('wasm');
      rows.push(row(`${wasm.label}, ${company}`, wasm));
    }
  }
  return rows;
}

async function measure<T>(
  folder: string,
  script: string,
  args: readonly (string | number)[],
): Promise<T> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const env = { ...process.env, GALAPAGOS_TENSORFLOW: folder };
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', 'tsx', file, ...args.map(String)],
    { env },
  );
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
