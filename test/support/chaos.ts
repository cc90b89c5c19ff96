/**
 * Kills processes at random times and checks the invariants afterwards: no trial that was shown as
 * finished is lost, changed or run again; every trial ends once; a synchronous search gives the
 * results of an undisturbed one. The tests use small sizes, `npm run chaos` large ones.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import type { Change } from '../../src/core/scheduling/index.ts';
import { startLab } from '../../src/lab/start-lab.ts';
import type { RunningLab } from '../../src/lab/start-lab.ts';
import { parseStudyFile, studyOf } from '../../src/protocol/study-file.ts';
import { StorageError } from '../../src/storage/errors.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, command, start } from './built-command.ts';
import { checkLab } from './check-lab.ts';
import { replayDifferences } from './replay-proposals.ts';
import { stallMeter, workerTimes } from './worker-times.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface ChaosReport {
  readonly kills: number;
  readonly trials: number;
  /** Attempts that were lost with their worker and run again. */
  readonly lost: number;
  /** Longest time from a worker's kill to its attempts waiting again, in ms; null: not measured. */
  readonly slowestRequeueMs: number | null;
  /** Lease of the workers, in ms; null: that of the command. */
  readonly leaseMs: number | null;
  /** Longest stall of this process's event loop meanwhile, in ms; null: not measured. */
  readonly stallMs: number | null;
  /** Violations; empty if all invariants hold. */
  readonly violations: readonly string[];
}

/** More trials than end before the last kill; fewer than the grid has points. */
const ENDLESS = 30_000;
/** Trials that are proposed after the last kill of a coordinator. */
const MORE_TRIALS = 60;

/** Samplers whose proposals depend on the order in which trials end. */
const ASYNCHRONOUS: ReadonlySet<string> = new Set(['evolution', 'guided-evolution', 'cma-es']);

function studyFile(sampler: string, trials: number, durationMs: number, seed: number): string {
  return JSON.stringify({
    format: 'galapagos-study/1',
    name: 'chaos',
    objective: {
      kind: 'synthetic',
      function: 'rastrigin',
      durationMs: { median: durationMs, sigma: 0.5 },
    },
    direction: 'minimize',
    searchSpace: {
      x: { type: 'float', low: -5, high: 5 },
      y: { type: 'float', low: 0.001, high: 10, log: true },
      n: { type: 'int', low: 1, high: 64 },
      kind: { type: 'categorical', choices: ['a', 'b'] },
      z: { type: 'float', low: 0, high: 1, when: { kind: ['b'] } },
    },
    sampler: { name: sampler },
    stop: { trials },
    seed,
  });
}

const builtWorker = { entry: join(root, 'out', 'main', 'worker.js') };

/**
 * Kills random workers of a running lab, or stops them and continues them later, until `kills` are
 * done; then lets the study finish.
 */
export async function killWorkers(
  kills: number,
  { seed, sampler, workers = 4 }: { seed: number; sampler: string; workers?: number },
): Promise<ChaosReport> {
  await built();
  const times = await workerTimes();
  const stalls = stallMeter();
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-chaos-'));
  const file = join(folder, 'lab.db');
  const violations: string[] = [];
  const ended = new Map<number, number>();
  const killedAt = new Map<string, number>();
  let lost = 0;
  let slowest = 0;
  const ready = new Set<string>();
  let whenReady: () => void = () => undefined;
  const twoReady = async (): Promise<void> => {
    if (ready.size < 2) await new Promise<void>((resolve) => (whenReady = resolve));
  };
  let over: (error?: Error) => void = () => undefined;
  const finished = new Promise<void>(
    (resolve, reject) => (over = (error) => (error === undefined ? resolve() : reject(error))),
  );
  const show = (change: Change): void => {
    if (change.kind === 'trialEnded') {
      if (ended.has(change.number))
        violations.push(`trial ${change.number} was shown as ended twice`);
      ended.set(change.number, change.value);
      if (change.state !== 'complete')
        violations.push(`trial ${change.number} ended as ${change.outcome} because of a kill`);
    } else if (change.kind === 'trialBack') {
      lost += 1;
      const at = killedAt.get(change.slot);
      if (at !== undefined) slowest = Math.max(slowest, performance.now() - at);
    }
  };
  const lab = await startLab({
    file,
    resources: join(root, 'resources'),
    worker: builtWorker,
    // A slot that is killed repeatedly would be restarted only after half a minute.
    options: { strict: true, spawnBackoffMs: [0, 50], ...times },
    listener: {
      show: (_, change) => show(change),
      showLab: (change) => {
        if (change.kind === 'slotLost') ready.delete(change.slot);
        if (change.kind !== 'slotReady') return;
        killedAt.delete(change.slot);
        ready.add(change.slot);
        if (ready.size >= 2) whenReady();
      },
      finished: () => over(),
      fatal: (error) => over(error),
      workerExited: ({ slot, by }) => {
        if (by === 'itself') killedAt.set(slot, performance.now());
      },
    },
  });
  try {
    const { spec, limits } = studyOf(parseStudyFile(studyFile(sampler, ENDLESS, 8, seed), 'chaos'));
    lab.startWorkers({ count: workers });
    lab.coordinator.createStudy('chaos', spec, limits);
    const done = await Promise.race([
      shootAtWorkers(lab, kills, { seed, twoReady, leaseMs: times.leaseMs }),
      finished.then(() => 0),
    ]);
    const size = lab.coordinator.lab.studies.get('chaos')?.columns.size ?? 0;
    lab.coordinator.command({
      type: 'studyEdited',
      study: 'chaos',
      limits: { ...limits, trials: size + 8 },
    });
    await finished;
    await lab.close();
    violations.push(...compareWithFile(file, ended), ...checkLab(file, 'chaos'));
    if (ended.size !== size + 8) violations.push(`${ended.size} trials ended of ${size + 8}`);
    return {
      kills: done,
      trials: ended.size,
      lost,
      slowestRequeueMs: slowest,
      leaseMs: times.leaseMs,
      stallMs: stalls.end(),
      violations,
    };
  } finally {
    stalls.end();
    await lab.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Shooting {
  readonly seed: number;
  /** Resolves when at least two workers are running. */
  readonly twoReady: () => Promise<void>;
  readonly leaseMs: number;
}

/**
 * Kills a random worker, starting or running, every 5–60 ms; every tenth is stopped instead and
 * continued after its lease has expired.
 */
async function shootAtWorkers(
  lab: RunningLab,
  kills: number,
  { seed, twoReady, leaseMs }: Shooting,
): Promise<number> {
  const chance = new Stream(seed, { purpose: PURPOSE.simulation });
  for (let done = 0; done < kills;) {
    await twoReady();
    await pause(5 + chance.below(56));
    const pids = lab.workers.map(({ pid }) => pid);
    const pid = pids[chance.below(Math.max(1, pids.length))];
    if (pid === undefined) continue;
    done += 1;
    if (done % 10 === 0) {
      signal(pid, 'SIGSTOP');
      setTimeout(() => signal(pid, 'SIGCONT'), leaseMs + 500).unref();
    } else signal(pid, 'SIGKILL');
  }
  return kills;
}

export const runLine = z.looseObject({
  event: z.string(),
  trial: z.number().optional(),
  value: z.number().nullable().optional(),
});

/** Runs the command `kills` times, kills it at random times and resumes, then lets it finish. */
export async function killCoordinator(
  kills: number,
  { seed, sampler }: { seed: number; sampler: string },
): Promise<ChaosReport> {
  await built();
  const folder = mkdtempSync(join(tmpdir(), 'galapagos-chaos-'));
  const violations: string[] = [];
  const ended = new Map<number, number>();
  const chance = new Stream(seed, { purpose: PURPOSE.simulation, round: 1 });
  const study = join(folder, 'study.json');
  writeFileSync(
    study,
    studyFile(sampler, ENDLESS, 15, seed).replace('"name":"grid"', '"name":"grid","divisions":8'),
  );
  const file = join(folder, 'lab.db');
  try {
    let killed = 0;
    // After the last kill the study needs some trials more.
    let limit: readonly string[] = [];
    for (let over = false; !over;) {
      const life = start(
        ['run', study, '--lab', file, '--workers', '2', '--resume', '--json', ...limit],
        folder,
        (line) => {
          // Cut off by the kill, so it was not shown.
          if (!line.endsWith('}')) return;
          const { event, trial = -1, value = null } = runLine.parse(JSON.parse(line));
          if (event !== 'trialEnded') return;
          if (ended.has(trial)) violations.push(`trial ${trial} was shown as ended twice`);
          ended.set(trial, value ?? Infinity);
        },
      );
      if (killed < kills) {
        // From before the lab is opened to well within the search.
        await Promise.race([pause(50 + chance.below(900)), life.ended]);
        life.process.kill('SIGKILL');
      }
      const { code, stderr } = await life.ended;
      if (code === 0) over = true;
      else if (code !== null) throw new Error(`the run ended with ${code}: ${stderr}`);
      else {
        killed += 1;
        if (killed === kills) limit = ['--trials', String(proposed(file) + MORE_TRIALS)];
      }
      violations.push(...checkLabIfThere(file));
    }
    violations.push(...compareWithFile(file, ended));
    violations.push(...replayDifferences(file, 'chaos'));
    if (!ASYNCHRONOUS.has(sampler))
      violations.push(...(await compareWithUndisturbed(folder, study, file, limit)));
    return {
      kills: killed,
      trials: ended.size,
      lost: 0,
      slowestRequeueMs: null,
      leaseMs: null,
      stallMs: null,
      violations,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkLabIfThere(file: string): string[] {
  return isThere(file) ? checkLab(file, 'chaos') : [];
}

/** Number of trials in the file. */
function proposed(file: string): number {
  if (!isThere(file)) return 0;
  const reader = readLab(file);
  const trials = [...reader.trials('chaos')];
  reader.close();
  return trials.length;
}

/** Returns whether the lab and its study exist. Killed early, a command has created neither. */
function isThere(file: string): boolean {
  try {
    const reader = readLab(file);
    const study = reader.study('chaos');
    reader.close();
    return study !== null;
  } catch (error) {
    if (error instanceof StorageError && (error.code === 'not-found' || error.code === 'not-a-lab'))
      return false;
    throw error;
  }
}

/**
 * Every result that was shown is in the file with the same value; every ended trial in the file has
 * exactly one attempt that ended it.
 */
export function compareWithFile(file: string, shown: ReadonlyMap<number, number>): string[] {
  const violations: string[] = [];
  const reader = readLab(file);
  try {
    const inFile = new Map([...reader.trials('chaos')].map((trial) => [trial.number, trial]));
    for (const [number, value] of shown) {
      const found = inFile.get(number)?.value ?? null;
      if (found !== value)
        violations.push(`trial ${number} was shown with ${value}, the file says ${found}`);
    }
    for (const { number, state } of inFile.values()) {
      if (state !== 'complete') continue;
      const succeeded = reader
        .story('chaos', number)
        ?.attempts.filter(({ outcome }) => outcome === 'succeeded').length;
      if (succeeded !== 1) violations.push(`trial ${number} has ${succeeded} successful attempts`);
    }
  } finally {
    reader.close();
  }
  return violations;
}

async function compareWithUndisturbed(
  folder: string,
  study: string,
  file: string,
  limit: readonly string[],
): Promise<string[]> {
  const calm = join(folder, 'calm.db');
  const quick = join(folder, 'calm.json');
  // The same search without durations, because a trial and its result do not depend on them.
  writeFileSync(quick, readFileSync(study, 'utf8').replace(/,"durationMs":\{[^}]*\}/, ''));
  const { code, stderr } = await command(
    ['run', quick, '--lab', calm, '--workers', '1', '--json', ...limit],
    folder,
  );
  if (code !== 0) throw new Error(`the undisturbed run ended with ${code}: ${stderr}`);
  const [expected, found] = [calm, file].map(listOf);
  if (expected?.length !== found?.length)
    return [`${found?.length} trials, ${expected?.length} when undisturbed`];
  return (expected ?? []).flatMap((line, n) =>
    line === found?.[n] ? [] : [`trial ${n}: ${found?.[n]}, undisturbed ${line}`],
  );
}

/** Number, parameters, value and lineage of every trial, bit for bit. */
function listOf(file: string): string[] {
  const reader = readLab(file);
  try {
    return [...reader.trials('chaos')].map(({ number, params, value, origin }) =>
      JSON.stringify([number, params, value, origin]),
    );
  } finally {
    reader.close();
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // The process has ended already.
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
