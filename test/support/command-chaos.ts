/**
 * Kills programs of a study, workers and coordinators at random times, and checks afterwards that
 * no process of a program is left, no finished trial is lost, and no file is left but those that
 * are kept. Finds processes by their environment in /proc, so on Linux only.
 */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import type { Change } from '../../src/core/scheduling/index.ts';
import { startLab } from '../../src/lab/start-lab.ts';
import { permit } from '../../src/objectives/command/permission.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import { parseStudyFile, studyOf } from '../../src/protocol/study-file.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from './built-command.ts';
import { compareWithFile, runLine } from './chaos.ts';
import { checkLab } from './check-lab.ts';
import { processesWith } from './processes-with.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { workerTimes } from './worker-times.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface CommandChaosReport {
  readonly kills: Readonly<Record<'command' | 'worker' | 'coordinator', number>>;
  readonly trials: number;
  /** Violations; empty if all invariants hold. */
  readonly violations: readonly string[];
}

/**
 * A program that leaves a process in its group and files in its folder, both of which ignore
 * requests to end.
 */
const PROGRAM = `trap '' TERM HUP INT
sh -c 'trap "" TERM HUP INT; while :; do sleep 5; done' >/dev/null 2>&1 &
echo begun
echo left > "$GALAPAGOS_TRIAL_DIR/file"
echo "$GALAPAGOS_TRIAL" > "$GALAPAGOS_CHECKPOINT_DIR/checkpoint"
sleep 0.05
echo "v=$1"
`;

/** More trials than end before the last kill. */
const ENDLESS = 1_000_000;
/** Milliseconds within which processes of programs are gone once their worker is. */
const GONE_MS = 30_000;

/**
 * Kills programs and workers of a lab in this process, in turn, and then coordinators that run as
 * commands.
 */
export async function killCommands(
  kills: { readonly commandsAndWorkers: number; readonly coordinators: number },
  seed: number,
): Promise<CommandChaosReport> {
  await built();
  const inner = await killInLab(kills.commandsAndWorkers, seed);
  const outer = await killCoordinators(kills.coordinators, seed);
  return {
    kills: { ...inner.kills, coordinator: outer.killed },
    trials: inner.trials + outer.trials,
    violations: [...inner.violations, ...outer.violations],
  };
}

class Place {
  readonly #folder = temporaryFolder();
  readonly project = this.#folder.file('project');
  readonly home = this.#folder.file('home');
  readonly lab = join(this.project, 'lab.db');
  readonly study = join(this.project, 'study.json');

  constructor(trials: number, seed: number) {
    mkdirSync(this.project);
    writeFileSync(join(this.project, 'program'), PROGRAM);
    const file = {
      format: 'galapagos-study/1',
      name: 'chaos',
      objective: {
        kind: 'command',
        command: ['sh', 'program', '{x}'],
        result: { stdout: 'v=(.*)' },
        graceSeconds: 0.1,
      },
      direction: 'minimize',
      searchSpace: { x: { type: 'float', low: 0, high: 1 } },
      sampler: { name: 'random' },
      stop: { trials },
      seed,
    };
    writeFileSync(this.study, JSON.stringify(file));
  }

  /** Process ids of programs and their descendants, by a variable that all of them have. */
  programs(): number[] {
    return processesWith(`GALAPAGOS_REPORTS=${this.home}`);
  }

  /**
   * Waits until no worker and no program is left; returns the ids of those that are. A worker
   * starts programs until it notices the end of its coordinator.
   */
  async orphans(): Promise<number[]> {
    let left: number[] = [];
    await until(() => (left = processesWith(this.home)).length === 0);
    return left;
  }

  /** Files of the user folder and of the project that are not kept, after the study has ended. */
  async leftFiles(): Promise<string[]> {
    const reader = readLab(this.lab);
    const trials = [...reader.trials('chaos')];
    const best = reader.study('chaos')?.best ?? null;
    reader.close();
    const runs = join(this.home, 'runs');
    // A guardian deletes its worker's folder a moment after it.
    await until(() => namesIn(runs).length === 0);
    const numbers = new Set(trials.map(({ number }) => String(number)));
    const inStudies = (folder: string): string[] =>
      namesIn(join(this.home, folder)).flatMap((uid) => namesIn(join(this.home, folder, uid)));
    const unkept = inStudies('checkpoints').filter((name) => name !== String(best?.number));
    return [
      ...namesIn(runs).map((name) => `runs/${name}`),
      ...inStudies('output')
        .filter((name) => !numbers.has(name))
        .map((name) => `output of trial ${name}`),
      ...unkept.map((name) => `checkpoints of trial ${name}`),
      ...namesIn(this.project).filter(
        (name) => !/^(program|study\.json|lab\.db(-lock|-wal|-shm)?)$/.test(name),
      ),
    ];
  }

  remove(): void {
    this.#folder.remove();
  }
}

async function killInLab(
  kills: number,
  seed: number,
): Promise<{
  readonly kills: { command: number; worker: number };
  readonly trials: number;
  readonly violations: string[];
}> {
  const place = new Place(ENDLESS, seed);
  const violations: string[] = [];
  const ended = new Map<number, number>();
  const done = { command: 0, worker: 0 };
  let over: (error?: Error) => void = () => undefined;
  const finished = new Promise<void>(
    (resolve, reject) => (over = (error) => (error === undefined ? resolve() : reject(error))),
  );
  const show = (change: Change): void => {
    if (change.kind !== 'trialEnded') return;
    if (ended.has(change.number))
      violations.push(`trial ${change.number} was shown as ended twice`);
    ended.set(change.number, change.state === 'complete' ? change.value : NaN);
    // A program that was killed in each attempt fails its trial; nothing else may.
    const error = change.result?.outcome === 'crashed' ? (change.result.error ?? '') : '';
    if (change.state !== 'complete' && !error.startsWith('ended by SIGKILL'))
      violations.push(`trial ${change.number} ended as ${change.outcome}: ${error}`);
  };
  const lab = await startLab({
    file: place.lab,
    resources: join(root, 'resources'),
    userFolder: place.home,
    worker: { entry: join(root, 'out', 'main', 'worker.js') },
    options: { strict: true, spawnBackoffMs: [0, 50], ...(await workerTimes()) },
    listener: {
      show: (_, change) => show(change),
      showLab: () => undefined,
      finished: () => over(),
      fatal: (error) => over(error),
      workerExited: () => undefined,
    },
  });
  try {
    const parsed = parseStudyFile(readFileSync(place.study, 'utf8'), 'chaos');
    const objective = commandObjective.parse({ ...parsed.objective, folder: place.project });
    permit(place.home, objective);
    const { spec, limits } = studyOf({ ...parsed, objective });
    lab.startWorkers({ count: 2 });
    lab.coordinator.createStudy('chaos', spec, limits);
    const chance = new Stream(seed, { purpose: PURPOSE.simulation });
    while (done.command + done.worker < kills) {
      const ofWorker = chance.below(2) === 0;
      // Programs are killed while they run, workers also before and between.
      if (!ofWorker || chance.below(4) > 0) await until(() => place.programs().length > 0);
      await Promise.race([pause(5 + chance.below(80)), finished]);
      const pids = ofWorker ? lab.workers.map(({ pid }) => pid) : place.programs();
      const pid = pids[chance.below(Math.max(1, pids.length))];
      if (pid === undefined || !signal(pid)) continue;
      done[ofWorker ? 'worker' : 'command'] += 1;
    }
    const size = lab.coordinator.lab.studies.get('chaos')?.columns.size ?? 0;
    lab.coordinator.command({
      type: 'studyEdited',
      study: 'chaos',
      limits: { ...limits, trials: size + 4 },
    });
    await finished;
    await lab.close();
    for (const pid of await place.orphans()) violations.push(`process ${pid} is left`);
    for (const file of await place.leftFiles()) violations.push(`${file} is left`);
    violations.push(
      ...compareWithFile(place.lab, complete(ended)),
      ...checkLab(place.lab, 'chaos'),
    );
    if (ended.size !== size + 4) violations.push(`${ended.size} trials ended of ${size + 4}`);
    return { kills: done, trials: ended.size, violations };
  } finally {
    await lab.close();
    place.remove();
  }
}

async function killCoordinators(
  kills: number,
  seed: number,
): Promise<{
  readonly killed: number;
  readonly trials: number;
  readonly violations: string[];
}> {
  const place = new Place(ENDLESS, seed);
  const violations: string[] = [];
  const ended = new Map<number, number>();
  const chance = new Stream(seed, { purpose: PURPOSE.simulation, round: 1 });
  try {
    let killed = 0;
    // After the last kill the study needs a few trials more.
    let limit: readonly string[] = [];
    for (let over = false; !over;) {
      const life = start(
        ['run', place.study, '--lab', place.lab, '--workers', '2', '--resume', '--json', ...limit],
        place.project,
        (line) => {
          // Cut off by the kill, so it was not shown.
          if (!line.endsWith('}')) return;
          const { event, trial = -1, value = null } = runLine.parse(JSON.parse(line));
          if (event !== 'trialEnded') return;
          if (ended.has(trial)) violations.push(`trial ${trial} was shown as ended twice`);
          ended.set(trial, value ?? NaN);
        },
        { GALAPAGOS_HOME: place.home },
      );
      if (killed < kills) {
        await Promise.race([pause(50 + chance.below(1_500)), life.ended]);
        life.process.kill('SIGKILL');
      }
      const { code, stderr } = await life.ended;
      if (code === 0) over = true;
      else if (code !== null) throw new Error(`the run ended with ${code}: ${stderr}`);
      else {
        killed += 1;
        if (killed === kills) limit = ['--trials', String(ended.size + 20)];
      }
      for (const pid of await place.orphans())
        violations.push(`process ${pid} is left of kill ${killed}`);
    }
    for (const file of await place.leftFiles()) violations.push(`${file} is left`);
    violations.push(
      ...compareWithFile(place.lab, complete(ended)),
      ...checkLab(place.lab, 'chaos'),
    );
    return { killed, trials: ended.size, violations };
  } finally {
    place.remove();
  }
}

/** Waits until the condition holds, at most `GONE_MS`. */
async function until(holds: () => boolean): Promise<void> {
  for (const from = performance.now(); !holds() && performance.now() - from < GONE_MS;)
    await pause(20);
}

function complete(ended: ReadonlyMap<number, number>): Map<number, number> {
  return new Map([...ended].filter(([, value]) => !Number.isNaN(value)));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Returns whether there was such a process. */
function signal(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
