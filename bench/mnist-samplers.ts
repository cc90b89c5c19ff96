/**
 * The `mnist` preset searched by guided evolution (what `auto` takes there), evolution and Optuna's
 * TPE: 64 trials, 4 workers with lognormal durations on a virtual clock, 10 seeds. A search is
 * worth the mean test accuracy of its champion, trained anew on all 60,000 images from 10 fresh
 * starts. Searches are kept in .cache/mnist-samplers.jsonl, so that an interrupted bench goes on.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveStudy } from '../src/cli/run/resolve-study.ts';
import { axesOf } from '../src/core/search-space/axis.ts';
import type { EncodedParams } from '../src/core/search-space/distribution.ts';
import { toParams } from '../src/core/search-space/params.ts';
import type { StudySpec } from '../src/core/study/study-spec.ts';
import { Trainer } from '../src/training/run/trainer.ts';
import type { TrainObjective } from '../src/training/run/trainer.ts';
import { RESOURCES } from './bench-lab.ts';
import { LinePeer } from './line-peer.ts';
import { peerPython } from './processes.ts';
import { optunaProposer, ownProposer } from './proposers.ts';
import type { Proposer } from './proposers.ts';
import type { BenchOptions, BenchRow } from './row.ts';
import { searchLoop } from './search-loop.ts';
import { mean, median, pairedDifference } from './statistics.ts';

const TRIALS = 64;
const WORKERS = 4;
const SEEDS = 10;
/** Number of fresh initialisations for each champion, and their study's seed. */
const STARTS = 10;
const FRESH_SEED = 1_000_000;
/** Accuracy of a network that did not train: it predicts one of ten classes. */
const CHANCE = 0.1;

const kept = fileURLToPath(new URL('../.cache/mnist-samplers.jsonl', import.meta.url));

const contenders = ['guided-evolution', 'evolution', 'Optuna 5 TPE'] as const;
type Contender = (typeof contenders)[number];

interface Judged {
  readonly contender: Contender;
  readonly seed: number;
  /** Best accuracy of the search, on its validation images. */
  readonly found: number;
  /** Mean accuracy of the champion on the test images. */
  readonly worth: number;
}

export async function run(options: BenchOptions): Promise<BenchRow[]> {
  const seeds = options.seeds ?? SEEDS;
  const judged = readKept();
  const here = contenders.filter((each) => each !== 'Optuna 5 TPE' || python() !== null);
  const trainer = new Trainer({ resources: RESOURCES });
  for (let seed = 1; seed <= seeds && options.cached !== true; seed++)
    for (const contender of here) {
      if (judged.some((each) => each.contender === contender && each.seed === seed)) continue;
      process.stderr.write(`mnist-samplers: seed ${seed} of ${seeds}, ${contender}\n`);
      const one = await judge(contender, seed, trainer);
      judged.push(one);
      mkdirSync(join(kept, '..'), { recursive: true });
      appendFileSync(kept, `${JSON.stringify(one)}\n`);
    }
  const of = (contender: Contender): readonly Judged[] =>
    judged
      .filter((each) => each.contender === contender && each.seed <= seeds)
      .toSorted((a, b) => a.seed - b.seed);
  const guided = of('guided-evolution');
  return here.flatMap((contender) => {
    const theirs = of(contender);
    if (theirs.length === 0) return [];
    const row = meanRow(contender, theirs);
    return contender === 'guided-evolution'
      ? [row]
      : [row, differenceRow(contender, guided, theirs)];
  });
}

function python(): string | null {
  return peerPython('optuna');
}

function readKept(): Judged[] {
  if (!existsSync(kept)) return [];
  const lines = readFileSync(kept, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Judged);
}

function preset(): StudySpec {
  return resolveStudy('mnist', {}, { cwd: process.cwd(), resources: RESOURCES }).spec;
}

async function judge(contender: Contender, seed: number, trainer: Trainer): Promise<Judged> {
  const { searchSpace: space, direction, objective } = preset();
  const axes = axesOf(space);
  const train = objective as unknown as TrainObjective;
  const settings = { ...(objective['settings'] as object), validation: 0 };
  const tested = { ...train, selectOn: 'test', settings } as unknown as TrainObjective;
  const accuracyOf = async (
    what: TrainObjective,
    studySeed: number,
    trial: number,
    params: EncodedParams,
  ): Promise<number> => {
    const lane = { trial, params: toParams(axes, params) };
    const { signal } = new AbortController();
    const [outcome] = await trainer.train(what, studySeed, [{ request: lane, signal }]);
    return outcome?.outcome === 'succeeded' ? outcome.value : CHANCE;
  };
  const peer =
    contender === 'Optuna 5 TPE' ? new LinePeer(python() ?? 'python3', 'optuna_asks.py') : null;
  const problem = { space, direction };
  const proposer: Proposer =
    peer === null
      ? ownProposer({ name: contender }, problem, seed)
      : await optunaProposer(peer, 'tpe', problem, seed);
  let trial = -1;
  const found: number[] = [];
  const evaluate = async (params: EncodedParams): Promise<number> => {
    const accuracy = await accuracyOf(train, seed, (trial += 1), params);
    found.push(accuracy);
    return accuracy;
  };
  const setting = { seed, workers: WORKERS, checkpoints: [TRIALS] };
  const [champion] = await searchLoop({ direction, evaluate }, proposer, setting);
  peer?.close();
  if (champion === undefined) throw new Error('a search without a trial');
  const starts: number[] = [];
  for (let start = 0; start < STARTS; start++)
    starts.push(await accuracyOf(tested, FRESH_SEED + seed, start, champion));
  return { contender, seed, found: Math.max(...found), worth: mean(starts) };
}

const SHARED = { bench: 'mnist-samplers', peer: null, peerValue: null, ratio: null } as const;

function meanRow(contender: Contender, judged: readonly Judged[]): BenchRow {
  return {
    ...SHARED,
    case: contender,
    value: 100 * mean(judged.map(({ worth }) => worth)),
    unit: '% on the test images, champion retrained',
    goal: '',
    held: null,
    note:
      `${judged.length} searches; the searches report ` +
      `${(100 * mean(judged.map(({ found }) => found))).toFixed(2)} % on their validation images`,
  };
}

function differenceRow(
  contender: Contender,
  guided: readonly Judged[],
  theirs: readonly Judged[],
): BenchRow {
  const pairs = guided.flatMap((own) => {
    const other = theirs.find(({ seed }) => seed === own.seed);
    return other === undefined ? [] : [[100 * own.worth, 100 * other.worth] as const];
  });
  const by = pairedDifference(
    pairs.map(([own]) => own),
    pairs.map(([, other]) => other),
  );
  const { low, high } = by.meanWithin;
  return {
    ...SHARED,
    case: `guided-evolution less ${contender}`,
    value: by.mean,
    unit: 'percentage points',
    goal: contender === 'evolution' ? 'difference ≥ 0' : '',
    held: contender === 'evolution' ? by.mean >= 0 : null,
    note: `95 % (Student) [${low.toFixed(2)}, ${high.toFixed(2)}], median ${median(pairs.map(([own, other]) => own - other)).toFixed(2)}, better in ${by.wins} of ${by.pairs}`,
  };
}
