/**
 * Early stopping on LCBench: regret of the best finished trial after a quarter, half and all of
 * 3,328 epochs (64 whole trainings), 4 workers, every arm with the same epochs. Optuna's TPE
 * without a pruner and with Hyperband runs on the same clock and seeds. Successive halving by
 * stopping and by promotion is compared on random points, because promotion takes no sampler that
 * learns.
 */
import { at } from '../src/core/at.ts';
import type { PrunerSpec } from '../src/core/pruners/pruner.ts';
import { familyDifference, familyMean } from './family-statistics.ts';
import type { ProblemRegrets } from './family-statistics.ts';
import { lcBench } from './problems/lcbench.ts';
import { peerPython } from './processes.ts';
import type { BenchOptions, BenchRow } from './row.ts';
import { interval } from './search-comparison.ts';
import type { Contender, SearchJob } from './search-job.ts';
import { SearchPool } from './search-pool.ts';
import { mean } from './statistics.ts';

const CHECKPOINTS = [832, 1664, 3328];
const SHARES = ['¼', '½', 'all'];
const WORKERS = 4;
const GUIDED = 'guided-evolution';
/** On six problems: 84 pairs. */
const SEEDS = 14;

interface Arm {
  readonly title: string;
  readonly contender: Contender;
  readonly pruner: PrunerSpec;
  /** Share of the seeds that it gets. */
  readonly share: number;
}

interface Measured extends Arm {
  readonly jobs: readonly SearchJob[];
  /** At each checkpoint. */
  readonly regrets: readonly (readonly ProblemRegrets[])[];
}

export async function run(options: BenchOptions): Promise<BenchRow[]> {
  const surrogate = lcBench();
  if (typeof surrogate === 'string') {
    process.stderr.write(`pruning: ${surrogate}\n`);
    return [];
  }
  surrogate.close();
  const problems = surrogate.problems.map(({ name }) => name);
  const seeds = options.seeds ?? SEEDS;
  const arms = armsHere().filter(
    ({ contender: { kind, ...of } }) =>
      options.samplers === undefined ||
      (kind === 'own' && 'spec' in of && options.samplers.includes(of.spec.name)),
  );
  const pool = await SearchPool.of([...new Set(arms.map(({ contender }) => contender))]);
  const planned = arms.map((arm) => ({ ...arm, jobs: jobsOf(arm, problems, seeds) }));
  await pool.run(
    planned.flatMap(({ jobs }) => jobs),
    options,
    (left) => {
      if (left % 20 === 0) process.stderr.write(`pruning: ${left} to go\n`);
    },
  );
  const measured = planned
    .map((arm) => ({ ...arm, jobs: arm.jobs.filter((job) => pool.regrets(job) !== undefined) }))
    .map((arm) => ({ ...arm, regrets: regretsOf(arm.jobs, problems, pool) }))
    .filter(({ regrets }) => regrets.every((all) => all.every((each) => each.regrets.size > 0)));
  const titled = (title: string): Measured | undefined =>
    measured.find((each) => each.title === title);
  const none = titled(`${GUIDED}, none`);
  const hopeless = titled(`${GUIDED}, hopeless`);
  const optuna = titled('Optuna 5 TPE, none');
  const stopping = titled('random, asha');
  const promotion = titled('random, asha-promotion');
  return [
    ...measured.map((arm) => armRow(arm, pool)),
    ...(none === undefined || hopeless === undefined
      ? []
      : differenceRows(hopeless, none, (_, { mean }) => mean <= 0, 'difference ≤ 0')),
    ...(optuna === undefined || hopeless === undefined
      ? []
      : differenceRows(
          hopeless,
          optuna,
          (checkpoint, { within }) => (checkpoint === 1 ? within.high < 0 : null),
          'interval below 0 at ½',
        )),
    ...(stopping === undefined || promotion === undefined
      ? []
      : differenceRows(promotion, stopping, () => null, '')),
  ];
}

function armsHere(): readonly Arm[] {
  const own: Contender = { kind: 'own', spec: { name: GUIDED } };
  const random: Contender = { kind: 'own', spec: { name: 'random' } };
  const tpe: Contender = { kind: 'optuna', sampler: 'tpe' };
  const arm = (contender: Contender, pruner: string, share = 1): Arm => ({
    title: `${contender.kind === 'own' ? contender.spec.name : 'Optuna 5 TPE'}, ${pruner}`,
    contender,
    pruner: { name: pruner },
    share,
  });
  return [
    arm(own, 'none'),
    arm(own, 'hopeless'),
    ...(peerPython('optuna') === null ? [] : [arm(tpe, 'none'), arm(tpe, 'hyperband', 0.3)]),
    arm(own, 'asha', 0.3),
    arm(own, 'hyperband', 0.3),
    arm(own, 'median', 0.3),
    arm(random, 'none'),
    arm(random, 'asha'),
    arm(random, 'asha-promotion'),
  ];
}

function jobsOf(
  { contender, pruner, share }: Arm,
  problems: readonly string[],
  seeds: number,
): SearchJob[] {
  return Array.from({ length: Math.ceil(share * seeds) }, (_, seed) => seed).flatMap((seed) =>
    problems.map((problem) => ({
      contender,
      pruner,
      problem,
      seed,
      workers: WORKERS,
      checkpoints: CHECKPOINTS,
    })),
  );
}

function regretsOf(
  jobs: readonly SearchJob[],
  problems: readonly string[],
  pool: SearchPool,
): ProblemRegrets[][] {
  return CHECKPOINTS.map((_, place) =>
    problems.map((problem) => ({
      problem,
      family: 'lcbench',
      regrets: new Map(
        jobs
          .filter((job) => job.problem === problem)
          .map((job) => [job.seed, at(pool.regrets(job) ?? [], place)]),
      ),
    })),
  );
}

function armRow({ title, jobs, regrets }: Measured, pool: SearchPool): BenchRow {
  const means = regrets.map((each) => familyMean(each));
  const counts = [0, 1, 2].map((offset) =>
    mean(jobs.map((job) => at(pool.regrets(job) ?? [], CHECKPOINTS.length + offset))),
  );
  const [finished = 0, stopped = 0, saved = 0] = counts;
  const parts = means.map(
    ({ mean: regret, within }, i) =>
      `${SHARES[i] ?? ''} ${regret.toFixed(3)} ${interval(within, 3)}`,
  );
  return row(
    title,
    means[1]?.mean ?? NaN,
    'regret at ½',
    `${parts.join(', ')}; ${jobs.length} searches; ${finished.toFixed(0)} trials finished, ` +
      `${stopped.toFixed(0)} stopped, ${(100 * saved).toFixed(0)} % of their epochs saved`,
  );
}

function differenceRows(
  arm: Measured,
  other: Measured,
  holds: (checkpoint: number, difference: ReturnType<typeof familyDifference>) => boolean | null,
  goal: string,
): BenchRow[] {
  return SHARES.map((share, i) => {
    const difference = familyDifference(at(arm.regrets, i), at(other.regrets, i));
    const { mean: centre, within, winRate, pairs } = difference;
    const held = holds(i, difference);
    return {
      ...row(
        `${arm.title} less ${other.title}, ${share}`,
        centre,
        'regret',
        `${interval(within, 3)}, win rate ${winRate.toFixed(2)}, ${pairs} pairs`,
      ),
      goal: held === null ? '' : goal,
      held,
    };
  });
}

function row(name: string, value: number, unit: string, note: string): BenchRow {
  return {
    bench: 'pruning',
    case: name,
    value,
    unit,
    peer: null,
    peerValue: null,
    ratio: null,
    goal: '',
    held: null,
    note,
  };
}
