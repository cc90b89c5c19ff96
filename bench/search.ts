/**
 * Quality of samplers: mean normalised regret after 64 evaluations by 4 workers with lognormal
 * durations on a virtual clock, 20 seeds, averaged within a family of tables and then over the
 * families. An evaluation returns the mean over a table's trainings; one row evaluates `evolution`
 * on single, noisy trainings too. The last rows are the price of lanes: 1 … 256 trials that start
 * and end together, on at most four tables of a family and six seeds.
 */
import { normalisedRegret } from '../src/core/analysis/regret.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import { hpoTables } from './problems/hpo-tables.ts';
import type { TableProblem } from './problems/hpo-tables.ts';
import type { BenchOptions, BenchRow } from './row.ts';
import { comparison } from './search-comparison.ts';
import { ownProposer } from './proposers.ts';
import { searchLoop } from './search-loop.ts';
import { mean } from './statistics.ts';

const SEEDS = 20;
const WORKERS = 4;
const EVALUATIONS = 64;
const GOAL = 0.04;

const LANES = [1, 4, 16, 64, 256];
const BUDGETS = [64, 128, 256, 512, 1024];
const LANE_TABLES = 4;
const LANE_SEEDS = 6;

export async function run(options: BenchOptions): Promise<BenchRow[]> {
  const tables = options.samplers === undefined ? await tableRows() : [];
  return [...tables, ...(await comparison(options))];
}

async function tableRows(): Promise<BenchRow[]> {
  const tables = await hpoTables();
  if (tables === null) {
    process.stderr.write(
      'search: no tables; set GALAPAGOS_HPO_TABLES to the folder that holds their meta.json\n',
    );
    return [];
  }
  const random = await familyMeans(tables, { name: 'random' }, false);
  return [
    ...rowsOf(
      { name: 'evolution' },
      await familyMeans(tables, { name: 'evolution' }, false),
      random,
    ),
    ...rowsOf(
      { name: 'generational' },
      await familyMeans(tables, { name: 'generational' }, false),
      random,
    ),
    ...rowsOf({ name: 'random' }, random, null),
    ...rowsOf(
      { name: 'evolution' },
      await familyMeans(tables, { name: 'evolution' }, true),
      await familyMeans(tables, { name: 'random' }, true),
      'noisy',
    ),
    ...(await inOrder(LANES, (lanes) => laneRow(tables, lanes))),
  ];
}

/** Regret of `evolution` after each budget where that many trials start and end together. */
async function laneRow(all: readonly TableProblem[], lanes: number): Promise<BenchRow> {
  const families = [...new Set(all.map(({ family }) => family))];
  const tables = families.map((family) =>
    all.filter((table) => table.family === family).slice(0, LANE_TABLES),
  );
  const searched = await inOrder(tables, async (family) =>
    (await inOrder(family, (table) => laneRegrets(table, lanes))).flat(),
  );
  const regrets = BUDGETS.map((_, i) =>
    mean(searched.map((family) => mean(family.map((each) => each[i] ?? NaN)))),
  );
  const name = `evolution, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`;
  return {
    bench: 'search',
    case: name,
    value: regrets[0] ?? NaN,
    unit: `regret after ${BUDGETS[0] ?? 0}`,
    peer: null,
    peerValue: null,
    ratio: null,
    goal: '',
    held: null,
    note: BUDGETS.map((budget, i) => `${budget}: ${(regrets[i] ?? NaN).toFixed(4)}`).join(', '),
  };
}

/** Returns for each seed the regret after each budget. */
function laneRegrets(table: TableProblem, lanes: number): Promise<readonly (readonly number[])[]> {
  const seeds = Array.from({ length: LANE_SEEDS }, (_, seed) => seed);
  return inOrder(seeds, async (seed) => {
    const setting = { seed, workers: lanes, together: true, checkpoints: BUDGETS };
    const proposer = ownProposer({ name: 'evolution' }, table, seed);
    const problem = { direction: table.direction, evaluate: table.truth };
    return (await searchLoop(problem, proposer, setting)).map((best) =>
      normalisedRegret(table.truth(best), table.optimum, table.median),
    );
  });
}

/** Mean regret of each family. */
async function familyMeans(
  tables: readonly TableProblem[],
  sampler: SamplerSpec,
  noisy: boolean,
): Promise<ReadonlyMap<string, number>> {
  const regrets = new Map<string, number[]>();
  for (const table of tables)
    regrets.set(table.family, [
      ...(regrets.get(table.family) ?? []),
      await meanRegret(table, sampler, noisy),
    ]);
  return new Map([...regrets].map(([family, values]) => [family, mean(values)]));
}

async function meanRegret(
  table: TableProblem,
  sampler: SamplerSpec,
  noisy: boolean,
): Promise<number> {
  const problem = { direction: table.direction, evaluate: noisy ? table.noisy : table.truth };
  const seeds = Array.from({ length: SEEDS }, (_, seed) => seed);
  const regrets = await inOrder(seeds, async (seed) => {
    const [best] = await searchLoop(problem, ownProposer(sampler, table, seed), {
      seed,
      workers: WORKERS,
      checkpoints: [EVALUATIONS],
    });
    return normalisedRegret(
      best === undefined ? NaN : table.truth(best),
      table.optimum,
      table.median,
    );
  });
  return mean(regrets);
}

/** Maps one item after the other. */
async function inOrder<T, R>(items: readonly T[], map: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await map(item));
  return results;
}

function rowsOf(
  { name }: SamplerSpec,
  families: ReadonlyMap<string, number>,
  random: ReadonlyMap<string, number> | null,
  kind: 'mean' | 'noisy' = 'mean',
): BenchRow[] {
  const value = mean([...families.values()]);
  const peerValue = random === null ? null : mean([...random.values()]);
  const judged = name === 'evolution' && kind === 'mean';
  return [
    {
      bench: 'search',
      case: kind === 'noisy' ? `${name}, single trainings` : name,
      value,
      unit: `regret after ${EVALUATIONS}`,
      peer: random === null ? null : 'random',
      peerValue,
      ratio: peerValue === null ? null : value / peerValue,
      goal: judged ? `≤ ${GOAL}` : '',
      held: judged ? value <= GOAL : null,
      note: [...families].map(([family, regret]) => `${family} ${regret.toFixed(4)}`).join(', '),
    },
  ];
}
