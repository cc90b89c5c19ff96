/**
 * Restarts of `cma-es` on the BBOB functions with many local optima: normalised regret of the best
 * point with `none`, `ipop` and `bipop`, 4 workers with lognormal durations on a virtual clock.
 * Budgets are larger than those of `search`, because a search of 5 parameters converges after about
 * a thousand trials. Intervals are 95 % bootstrap intervals over problems and seeds.
 */
import { normalisedRegret } from '../src/core/analysis/regret.ts';
import { RESTARTS } from '../src/core/samplers/cma-es/restarts.ts';
import type { Restarts } from '../src/core/samplers/cma-es/restarts.ts';
import { familyDifference, familyMean } from './family-statistics.ts';
import type { ProblemRegrets } from './family-statistics.ts';
import { bbobProblems } from './problems/bbob.ts';
import type { SearchProblem } from './problems/problem.ts';
import { ownProposer } from './proposers.ts';
import type { BenchOptions, BenchRow } from './row.ts';
import { searchLoop } from './search-loop.ts';
import type { Interval } from './statistics.ts';

const SEEDS = 40;
const WORKERS = 4;
const CHECKPOINTS = [1_000, 2_000, 4_000, 8_000, 16_000];
/** Rastrigin, rotated Rastrigin, Schaffers, Schwefel, Gallagher with 101 and with 21 peaks. */
const FUNCTIONS = ['f3', 'f15', 'f17', 'f20', 'f21', 'f22'];

export async function run(options: BenchOptions): Promise<BenchRow[]> {
  const seeds = options.seeds ?? SEEDS;
  const problems = bbobProblems().filter(({ name }) =>
    FUNCTIONS.includes(name.split('-')[1] ?? ''),
  );
  const regrets = new Map<Restarts, readonly (readonly ProblemRegrets[])[]>();
  for (const restarts of RESTARTS) {
    process.stderr.write(`restarts: ${restarts}\n`);
    regrets.set(restarts, await regretsOf(problems, restarts, seeds));
  }
  const at = (restarts: Restarts, place: number): readonly ProblemRegrets[] =>
    regrets.get(restarts)?.at(place) ?? [];
  const means = CHECKPOINTS.flatMap((evaluations, place) =>
    RESTARTS.map((restarts) =>
      rowOf(`${restarts}, ${evaluations} evaluations`, at(restarts, place), at('ipop', place)),
    ),
  );
  const last = problems.map(({ name }) => {
    const only = (restarts: Restarts): readonly ProblemRegrets[] =>
      at(restarts, -1).filter(({ problem }) => problem === name);
    return rowOf(`bipop, ${name}, ${CHECKPOINTS.at(-1)} evaluations`, only('bipop'), only('ipop'));
  });
  return [...means, ...last];
}

/** Mean regret, and its difference to that of `ipop` on the same problems and seeds. */
function rowOf(
  name: string,
  regrets: readonly ProblemRegrets[],
  ipop: readonly ProblemRegrets[],
): BenchRow {
  const { mean, within } = familyMean(regrets);
  const difference = familyDifference(regrets, ipop);
  const less =
    regrets === ipop
      ? ''
      : `; less ipop ${difference.mean.toFixed(4)} ${interval(difference.within)}, win rate ${difference.winRate.toFixed(2)}, ${difference.pairs} pairs`;
  return {
    bench: 'restarts',
    case: name,
    value: mean,
    unit: 'regret',
    peer: null,
    peerValue: null,
    ratio: null,
    goal: '',
    held: null,
    note: `${interval(within)}${less}`,
  };
}

function interval({ low, high }: Interval): string {
  return `[${low.toFixed(4)}, ${high.toFixed(4)}]`;
}

/** Regrets by problem and seed at each checkpoint. */
async function regretsOf(
  problems: readonly SearchProblem[],
  restarts: Restarts,
  seeds: number,
): Promise<ProblemRegrets[][]> {
  const all = CHECKPOINTS.map((): ProblemRegrets[] => []);
  for (const problem of problems) {
    const bySeed = CHECKPOINTS.map(() => new Map<number, number>());
    for (let seed = 0; seed < seeds; seed++) {
      const proposer = ownProposer({ name: 'cma-es', restarts }, problem, seed);
      const { direction, truth, optimum, median } = problem;
      const setting = { seed, workers: WORKERS, checkpoints: CHECKPOINTS };
      const points = await searchLoop({ direction, evaluate: truth }, proposer, setting);
      for (const [place, point] of points.entries())
        bySeed[place]?.set(seed, normalisedRegret(await truth(point), optimum, median));
    }
    for (const [place, regrets] of bySeed.entries())
      all[place]?.push({ problem: problem.name, family: problem.family, regrets });
  }
  return all;
}
