/**
 * Early stopping of programs: how soon `galapagos.should_prune()` answers after the coordinator has
 * decided, and how many epochs ASHA saves on scripted learning curves. Needs Python 3.8 or newer as
 * `python3`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PrunerSpec } from '../src/core/pruners/pruner.ts';
import { permit } from '../src/objectives/command/permission.ts';
import { commandObjective } from '../src/protocol/command-objective.ts';
import { userFolder } from '../src/runtime/user-folder.ts';
import { readLab } from '../src/storage/read-lab.ts';
import { BenchLab, RESOURCES } from './bench-lab.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const WORKERS = 2;
const STUDY = 'bench';
/** Of the answers; the first are finished to compare with. */
const [FINISHED, STOPPED] = [4, 100];
const MOST_MS = 50;
const TRIALS = 60;
const EPOCHS = 27;
/** Share of epochs saved by `asha` on LCBench (bench/results/pruning.md). */
const SAVED = 0.51;

/**
 * Reports once and asks until the answer is yes; writes when that was, and when the worker wrote
 * the file that says so, in milliseconds of 1970.
 */
const ASKING = `
import os, sys, time
sys.path.insert(0, sys.argv[1])
import galapagos
galapagos.params()
if galapagos.trial_number() < ${FINISHED}:
    for step in range(${EPOCHS}):
        galapagos.report(step, 0.0)
    galapagos.finish(0.0)
else:
    galapagos.report(0, 100.0)
    while not galapagos.should_prune():
        time.sleep(0.0005)
    with open(sys.argv[2], "a") as file:
        now = time.time() * 1000
        written = os.stat(os.environ["GALAPAGOS_STOP"]).st_mtime * 1000
        file.write("%d %.3f %.3f\\n" % (galapagos.trial_number(), now, written))
`;

/** A learning curve whose limit and speed depend on the parameters; an epoch takes 20 ms. */
const LEARNING = `
import math, sys, time
sys.path.insert(0, sys.argv[1])
import galapagos
p = galapagos.params(x=0.5, speed=0.5)
for epoch in range(${EPOCHS}):
    time.sleep(0.02)
    loss = (p["x"] - 0.3) ** 2 + 0.1 + math.exp(-(epoch + 1) * (0.1 + p["speed"] / 2))
    galapagos.report(epoch, loss)
    if galapagos.should_prune():
        break
galapagos.finish(loss)
`;

export async function run(): Promise<BenchRow[]> {
  try {
    execFileSync('python3', ['-c', '0']);
  } catch {
    process.stderr.write('command-pruning: there is no python3 on PATH\n');
    return [];
  }
  return [...(await answers()), await epochs()];
}

async function answers(): Promise<BenchRow[]> {
  return inTemporaryFolder(async (folder) => {
    const times = join(folder, 'times');
    const trials = FINISHED + STOPPED;
    const pruner = { name: 'median', startup: FINISHED };
    const lab = await study(folder, ASKING, [times], trials, pruner);
    const decided = decisions(lab);
    const answers = readFileSync(times, 'utf8')
      .trim()
      .split('\n')
      .flatMap((line) => {
        const [trial = NaN, at = NaN, written = NaN] = line.split(' ').map(Number);
        const from = decided.get(trial);
        if (from === undefined) return [];
        return [{ whole: Math.max(0, at - from), written: Math.max(0, written - from) }];
      });
    const quantile = (q: number, of: 'whole' | 'written'): number => {
      const sorted = answers.map((each) => each[of]).sort((a, b) => a - b);
      return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN;
    };
    const [p50, p95, p99] = [
      quantile(0.5, 'whole'),
      quantile(0.95, 'whole'),
      quantile(0.99, 'whole'),
    ];
    const written = quantile(0.99, 'written');
    return [
      {
        bench: 'command-pruning',
        case: `should_prune after the decision, ${WORKERS} workers, p95`,
        value: p95,
        unit: 'ms',
        peer: null,
        peerValue: null,
        ratio: null,
        goal: `≤ ${MOST_MS} ms`,
        held: p95 <= MOST_MS,
        note: `p50 ${p50.toFixed(1)}, p95 ${p95.toFixed(1)}, p99 ${p99.toFixed(1)} ms of ${answers.length} trials, of which p99 ${written.toFixed(1)} ms until the worker has written the file; the decision is known to 1 ms`,
      },
    ];
  });
}

/** Milliseconds of 1970 at which each trial was stopped, from its story. */
function decisions(lab: string): ReadonlyMap<number, number> {
  const reader = readLab(lab);
  try {
    const found = new Map<number, number>();
    for (const { number } of reader.trials(STUDY)) {
      const line = reader
        .story(STUDY, number)
        ?.lines.find((each) => each.includes('stopped early'));
      const [, at] = / at (\d+) ms, /.exec(line ?? '') ?? [];
      // The coordinator's clock is that of this process.
      if (at !== undefined) found.set(number, performance.timeOrigin + Number(at));
    }
    return found;
  } finally {
    reader.close();
  }
}

async function epochs(): Promise<BenchRow> {
  const [all, stopped] = [await curves({ name: 'none' }), await curves({ name: 'asha' })];
  const saved = 1 - stopped.epochs / all.epochs;
  return {
    bench: 'command-pruning',
    case: `epochs of ${TRIALS} trials with asha, saved`,
    value: saved * 100,
    unit: '%',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: `≥ ${SAVED * 100} %, as on LCBench`,
    held: saved >= SAVED,
    note: `${stopped.epochs} of ${all.epochs} epochs; best loss ${stopped.best.toFixed(4)}, without a pruner ${all.best.toFixed(4)}`,
  };
}

function curves(pruner: PrunerSpec): Promise<{ readonly epochs: number; readonly best: number }> {
  return inTemporaryFolder(async (folder) => {
    const reader = readLab(await study(folder, LEARNING, [], TRIALS, pruner));
    try {
      const trials = [...reader.trials(STUDY)];
      return {
        epochs: trials.reduce((sum, { reports }) => sum + reports.length, 0),
        best: Math.min(...trials.map(({ value }) => value ?? Infinity)),
      };
    } finally {
      reader.close();
    }
  });
}

/** Runs a study of a Python script. @returns the lab file */
async function study(
  folder: string,
  text: string,
  args: readonly string[],
  trials: number,
  pruner: PrunerSpec,
): Promise<string> {
  const script = join(folder, 'script.py');
  writeFileSync(script, text);
  const objective = commandObjective.parse({
    kind: 'command',
    command: ['python3', '-B', script, join(RESOURCES, 'python'), ...args],
    folder,
    epochs: EPOCHS,
  });
  permit(userFolder(), objective);
  const file = join(folder, 'lab.db');
  const lab = await BenchLab.open(file, WORKERS);
  try {
    await lab.run(
      {
        name: STUDY,
        objective,
        direction: 'minimize',
        searchSpace: {
          x: { type: 'float', low: 0, high: 1 },
          speed: { type: 'float', low: 0, high: 1 },
        },
        sampler: { name: 'random' },
        seed: 1,
        ...(pruner.name === 'none'
          ? {}
          : { pruning: { pruner, length: EPOCHS, keeps: 'last' as const, reason: 'bench' } }),
      },
      { trials, activeMs: null, target: null },
    );
  } finally {
    await lab.close();
  }
  return file;
}
