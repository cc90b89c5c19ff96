/**
 * Cost of a trial whose objective is a program, beyond the program: trials per second on two
 * workers beside `xargs -P 2` with the same program, and Optuna with a subprocess. Each of ours is
 * durable. The three are measured in turn, and the medians compared. A round lasts seconds, so that
 * the first trials of cold workers count as little as in a search.
 */
import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { permit } from '../src/objectives/command/permission.ts';
import { commandObjective } from '../src/protocol/command-objective.ts';
import { userFolder } from '../src/runtime/user-folder.ts';
import { inFreshLab } from './lab-run.ts';
import { peer, peerPython } from './processes.ts';
import type { BenchRow } from './row.ts';
import { inTemporaryFolder } from './temporary-folder.ts';

const WORKERS = 2;
const ROUNDS = 3;
/** Least share of the rate of `xargs`. */
const GOAL = 0.9;

/** Programs that take a number as last argument and print `v=` and a number. */
const programs = [
  { name: 'sh, returns at once', trials: 1_500, text: 'echo v=$1', command: ['sh'] },
  {
    name: 'node, returns at once',
    trials: 200,
    text: "console.log('v=' + process.argv[2])",
    command: [process.execPath],
  },
  {
    name: 'python3 without a body',
    trials: 300,
    text: "import sys; print('v=' + sys.argv[1])",
    command: [ownPython()],
  },
  { name: 'sh, 200 ms', trials: 40, text: 'sleep 0.2; echo v=$1', command: ['sh'] },
] as const;

export async function run(): Promise<BenchRow[]> {
  const python = peerPython('optuna');
  const rows: BenchRow[] = [];
  for (const { name, trials, text, command } of programs) {
    await inTemporaryFolder(async (folder) => {
      const script = join(folder, 'program');
      writeFileSync(script, text);
      const full = [...command, script];
      const rates = { ours: [] as number[], xargs: [] as number[], optuna: [] as number[] };
      for (let round = 0; round < ROUNDS; round++) {
        rates.xargs.push(trials / (await xargs(full, trials)));
        rates.ours.push(await ours(full, trials, folder));
        if (python === null) continue;
        const theirs = await peer(python, 'optuna_command.py', [
          ...[String(WORKERS), String(trials)],
          ...full,
        ]);
        rates.optuna.push(Number(theirs['trials']) / Number(theirs['seconds']));
      }
      const [mine, plain] = [median(rates.ours), median(rates.xargs)];
      rows.push(row(name, mine, `xargs -P ${WORKERS}`, plain, GOAL));
      rows.push(row(name, mine, 'Optuna, subprocess', median(rates.optuna), 1));
    });
  }
  return rows;
}

/** The interpreter itself: a shim of pyenv takes ten times as long to start. */
function ownPython(): string {
  return execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  }).trim();
}

/** Seconds that `xargs` takes. */
function xargs(command: readonly string[], trials: number): Promise<number> {
  const started = performance.now();
  const child = spawn('xargs', ['-P', String(WORKERS), '-n', '1', ...command], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.end(Array.from({ length: trials }, (_, i) => `0.${i}\n`).join(''));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve((performance.now() - started) / 1_000));
  });
}

/** Trials per second of a study on ready workers. */
async function ours(command: readonly string[], trials: number, folder: string): Promise<number> {
  const objective = commandObjective.parse({
    kind: 'command',
    command: [...command, '{x}'],
    folder,
    result: { stdout: 'v=(.*)' },
  });
  permit(userFolder(), objective);
  const spec = {
    name: 'bench',
    objective,
    direction: 'minimize',
    searchSpace: { x: { type: 'float', low: 0, high: 1 } },
    sampler: { name: 'random' },
    seed: 1,
  } as const;
  const { seconds } = await inFreshLab(WORKERS, (lab) =>
    lab.run(spec, { trials, activeMs: null, target: null }),
  );
  return trials / seconds;
}

/** Null: of no values. */
function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null;
}

function row(
  name: string,
  value: number | null,
  peerName: string,
  peerValue: number | null,
  goal: number,
): BenchRow {
  const ratio = peerValue === null || value === null ? null : value / peerValue;
  return {
    bench: 'command',
    case: `${name}, ${WORKERS} workers`,
    value: value ?? NaN,
    unit: 'trials/s',
    peer: peerName,
    peerValue,
    ratio,
    goal: `≥ ${goal} of ${peerName}`,
    held: ratio === null ? null : ratio >= goal,
    ...(ratio === null ? { note: 'Optuna is not installed' } : {}),
  };
}
