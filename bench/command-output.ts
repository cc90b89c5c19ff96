/**
 * One trial whose program prints 10 GB: memory of its worker, disk that is kept, and the delay of
 * the event loop of the process that answers windows. Linux only.
 */
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startLab } from '../src/lab/start-lab.ts';
import { permit } from '../src/objectives/command/permission.ts';
import { commandObjective } from '../src/protocol/command-objective.ts';
import { RESOURCES } from './bench-lab.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const GB = 10;
const KEPT_MB = 10;
/** Greatest memory of the worker: a worker that prints nothing has 80 to 120 MB. */
const MOST_MB = 300;
const FRAME_MS = 16.7;

export async function run(): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const home = join(folder, 'home');
    const objective = commandObjective.parse({
      kind: 'command',
      command: ['sh', '-c', `yes 'epoch 7 loss=0.25' | head -c ${GB}000000000; echo; echo v=1`],
      folder,
      result: { stdout: 'v=(.*)' },
      keep: { outputMb: KEPT_MB },
    });
    permit(home, objective);
    let over: (error?: Error) => void = () => undefined;
    const finished = new Promise<void>(
      (resolve, reject) => (over = (error) => (error === undefined ? resolve() : reject(error))),
    );
    const values: number[] = [];
    const lab = await startLab({
      file: join(folder, 'lab.db'),
      resources: RESOURCES,
      userFolder: home,
      listener: {
        show: (_, change) => {
          if (change.kind === 'trialEnded') values.push(change.value);
        },
        showLab: () => undefined,
        finished: () => over(),
        fatal: (error) => over(error),
        workerExited: () => undefined,
      },
    });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    let memory = 0;
    const looking = setInterval(() => {
      for (const { pid } of lab.workers) memory = Math.max(memory, peakMemory(pid));
    }, 200);
    const started = performance.now();
    try {
      lab.startWorkers({ count: 1 });
      delay.enable();
      lab.coordinator.createStudy(
        'bench',
        {
          name: 'bench',
          objective,
          direction: 'minimize',
          searchSpace: { x: { type: 'float', low: 0, high: 1 } },
          sampler: { name: 'random' },
          seed: 1,
        },
        { trials: 1, activeMs: null, target: null },
      );
      await finished;
    } finally {
      delay.disable();
      clearInterval(looking);
      await lab.close();
    }
    const seconds = (performance.now() - started) / 1_000;
    const disk = sizeOf(join(home, 'output')) / 1e6;
    const p99 = delay.percentile(99) / 1e6 - 1;
    const note = `${seconds.toFixed(0)} s, ${((GB * 1_000) / seconds).toFixed(0)} MB/s; value ${String(values[0])}`;
    return [
      row('memory of the worker', memory / 1e6, 'MB', MOST_MB, note),
      row('output kept on disk', disk, 'MB', KEPT_MB * 1.01, ''),
      row('delay of the coordinator’s event loop, p99', Math.max(0, p99), 'ms', FRAME_MS, ''),
    ];
  });
}

function row(name: string, value: number, unit: string, most: number, note: string): BenchRow {
  return {
    bench: 'command-output',
    case: `${GB} GB printed by one trial: ${name}`,
    value,
    unit,
    peer: null,
    peerValue: null,
    ratio: null,
    goal: `≤ ${most} ${unit}`,
    held: value <= most,
    note,
  };
}

/** Greatest resident memory of a process so far, in bytes; 0: it is gone. */
function peakMemory(pid: number): number {
  try {
    const [, kilobytes = '0'] =
      /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) * 1024;
  } catch {
    return 0;
  }
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) =>
      sum + (statSync(join(folder, name)).isFile() ? statSync(join(folder, name)).size : 0),
    0,
  );
}
