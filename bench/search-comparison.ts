/**
 * Comparison of samplers on the 34 development problems: normalised regret of the best observed
 * point, asynchronous workers with lognormal durations on a virtual clock, Optuna's samplers on the
 * same clock and seeds. Family means are averaged with equal weight.
 */
import { at } from '../src/core/at.ts';
import { samplerNames } from '../src/core/samplers/create-sampler.ts';
import type { BenchOptions, BenchRow } from './row.ts';
import { familyDifference, familyMean } from './family-statistics.ts';
import type { ProblemRegrets } from './family-statistics.ts';
import { developmentProblems } from './problems/development.ts';
import type { SearchProblem } from './problems/problem.ts';
import { peerPython } from './processes.ts';
import type { Contender, SearchJob } from './search-job.ts';
import { SearchPool } from './search-pool.ts';
import type { Interval } from './statistics.ts';

interface Setting {
  readonly workers: number;
  readonly checkpoints: readonly number[];
  /** Largest mean regret of guided evolution after each number of evaluations. */
  readonly goals: Readonly<Record<number, number>>;
}

interface Entry {
  readonly title: string;
  readonly contender: Contender;
}

const settings: readonly Setting[] = [
  { workers: 4, checkpoints: [32, 64, 128], goals: { 32: 0.086, 64: 0.037, 128: 0.018 } },
  { workers: 16, checkpoints: [32, 64], goals: { 64: 0.056 } },
];
const GUIDED = 'guided-evolution';
const SEEDS = 10;
/** Seeds looked for in the cache. */
const MOST_SEEDS = 100;
/** Optuna's Gaussian process takes most of a second for an ask, so it gets fewer seeds. */
const GP_SEEDS = 1;
const GOAL_WIN_RATE = 0.7;

export async function comparison(options: BenchOptions): Promise<BenchRow[]> {
  const { problems, absent, close } = await developmentProblems();
  close();
  if (absent.length > 0) {
    process.stderr.write(`search: only the tables are compared: ${absent.join('; ')}\n`);
    return [];
  }
  const seeds = options.seeds ?? (options.cached === true ? MOST_SEEDS : SEEDS);
  const named = options.samplers ?? [GUIDED, 'evolution', 'cma-es', 'random'];
  const own = named.filter((sampler) => samplerNames.some(({ name }) => name === sampler));
  const hasPeers = options.samplers === undefined;
  const entries: Entry[] = own.map((name) => ({
    title: name,
    contender: { kind: 'own', spec: { name } },
  }));
  const tpe: Entry = { title: 'Optuna 5 TPE', contender: { kind: 'optuna', sampler: 'tpe' } };
  const gp: Entry = { title: 'Optuna 5 GP', contender: { kind: 'optuna', sampler: 'gp' } };
  const guided = entries.find(({ title }) => title === GUIDED);
  const hasTpe = hasPeers && peerPython('optuna') !== null;
  const hasGp = hasPeers && peerPython('optuna', 'torch') !== null;
  const all = [...entries, ...(hasTpe ? [tpe] : [])];
  const pool = await SearchPool.of([...all, gp].map(({ contender }) => contender));
  const rows: BenchRow[] = [];
  for (const setting of settings) {
    const jobs = all.flatMap(({ contender }) => jobsOf(problems, contender, setting, seeds));
    await pool.run(jobs, options, reporter(setting));
    rows.push(...rowsOf(pool, problems, setting, all, seeds));
  }
  if (hasGp) {
    const setting = { ...at(settings, 0), checkpoints: [64], goals: {} };
    const gpSeeds = options.gpSeeds ?? (options.cached === true ? MOST_SEEDS : GP_SEEDS);
    const jobs = jobsOf(problems, gp.contender, setting, gpSeeds);
    await pool.run(jobs, options, reporter(setting));
    rows.push(...gpRows(pool, problems, gp, guided, gpSeeds));
  }
  return rows;
}

/** Jobs in order of seeds, so that an interrupted run has whole seeds. */
function jobsOf(
  problems: readonly SearchProblem[],
  contender: Contender,
  { workers, checkpoints }: Setting,
  seeds: number,
): SearchJob[] {
  return Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed) =>
    problems.map(({ name }) => ({ contender, problem: name, seed, workers, checkpoints })),
  );
}

function reporter({ workers }: Setting): (left: number) => void {
  return (left) => {
    if (left % 50 === 0) process.stderr.write(`search, ${workers} workers: ${left} to go\n`);
  };
}

/** Regrets after `evaluations`, of the jobs that have been run. */
function regretsOf(
  pool: SearchPool,
  problems: readonly SearchProblem[],
  contender: Contender,
  setting: Setting,
  seeds: number,
  evaluations: number,
): ProblemRegrets[] {
  const place = setting.checkpoints.indexOf(evaluations);
  const jobs = jobsOf(problems, contender, setting, seeds);
  return problems.map(({ name, family }) => ({
    problem: name,
    family,
    regrets: new Map(
      jobs
        .filter(({ problem }) => problem === name)
        .flatMap((job) => {
          const regret = pool.regrets(job)?.[place];
          return regret === undefined ? [] : [[job.seed, regret] as const];
        }),
    ),
  }));
}

function rowsOf(
  pool: SearchPool,
  problems: readonly SearchProblem[],
  setting: Setting,
  entries: readonly Entry[],
  seeds: number,
): BenchRow[] {
  return setting.checkpoints.flatMap((evaluations) => {
    const place = `${setting.workers} workers, ${evaluations} evaluations`;
    const measured = entries
      .map(({ title, contender }) => ({
        title,
        regrets: regretsOf(pool, problems, contender, setting, seeds, evaluations),
      }))
      .filter(({ regrets }) => regrets.every((each) => each.regrets.size > 0));
    const guided = measured.find(({ title }) => title === GUIDED);
    const goal = setting.goals[evaluations];
    return [
      ...measured.map((each) =>
        meanRow(`${each.title}, ${place}`, each.regrets, each === guided ? goal : undefined),
      ),
      ...(guided === undefined
        ? []
        : measured
            .filter((each) => each !== guided)
            .map((each) =>
              differenceRow(place, guided.regrets, each, goal === undefined ? null : evaluations),
            )),
    ];
  });
}

function gpRows(
  pool: SearchPool,
  problems: readonly SearchProblem[],
  { title, contender }: Entry,
  guided: Entry | undefined,
  seeds: number,
): BenchRow[] {
  const setting = at(settings, 0);
  const alone = { ...setting, checkpoints: [64] };
  const regrets = regretsOf(pool, problems, contender, alone, seeds, 64);
  const own =
    guided === undefined ? null : regretsOf(pool, problems, guided.contender, setting, seeds, 64);
  if (regrets.some((each) => each.regrets.size === 0)) return [];
  const place = '4 workers, 64 evaluations';
  return [
    meanRow(`${title}, ${place}`, regrets, undefined),
    ...(own === null ? [] : [differenceRow(place, own, { title, regrets }, null)]),
  ];
}

function meanRow(name: string, all: readonly ProblemRegrets[], goal: number | undefined): BenchRow {
  const { mean, within, families, seeds } = familyMean(all);
  const parts = [...families].map(([family, regret]) => `${family} ${regret.toFixed(4)}`);
  return {
    bench: 'search',
    case: name,
    value: mean,
    unit: 'mean regret',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: goal === undefined ? '' : `≤ ${goal}`,
    held: goal === undefined ? null : mean <= goal,
    note: `${interval(within)}, ${seeds} seeds; ${parts.join(', ')}`,
  };
}

/** @param judged number of evaluations at which the difference has a goal, or null */
function differenceRow(
  place: string,
  guided: readonly ProblemRegrets[],
  { title, regrets }: { readonly title: string; readonly regrets: readonly ProblemRegrets[] },
  judged: number | null,
): BenchRow {
  const { mean, within, winRate, pairs } = familyDifference(guided, regrets);
  const isJudged = judged !== null && title === 'Optuna 5 TPE';
  const wantsWins = judged === 64;
  return {
    bench: 'search',
    case: `${GUIDED} less ${title}, ${place}`,
    value: mean,
    unit: 'regret',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: isJudged ? `interval below 0${wantsWins ? `, win rate ≥ ${GOAL_WIN_RATE}` : ''}` : '',
    held: isJudged ? within.high < 0 && (!wantsWins || winRate >= GOAL_WIN_RATE) : null,
    note: `${interval(within)}, win rate ${winRate.toFixed(2)}, ${pairs} pairs`,
  };
}

export function interval({ low, high }: Interval, digits = 4): string {
  return `[${low.toFixed(digits)}, ${high.toFixed(digits)}]`;
}
