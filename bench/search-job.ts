/** One search of the comparison of samplers, and the process state that runs it. */
import { normalisedRegret } from '../src/core/analysis/regret.ts';
import type { PrunerSpec } from '../src/core/pruners/pruner.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import type { EncodedParams } from '../src/core/search-space/distribution.ts';
import { LinePeer } from './line-peer.ts';
import { peerPython } from './processes.ts';
import { developmentProblems } from './problems/development.ts';
import type { DevelopmentProblems } from './problems/development.ts';
import { EPOCHS } from './problems/lcbench.ts';
import type { CurveProblem } from './problems/lcbench.ts';
import type { SearchProblem } from './problems/problem.ts';
import { optunaProposer, ownProposer } from './proposers.ts';
import type { Proposer } from './proposers.ts';
import { optunaPrunedProposer, ownPrunedProposer } from './pruned-proposers.ts';
import { pruningLoop } from './pruning-loop.ts';
import { searchLoop } from './search-loop.ts';

export type Contender =
  | { readonly kind: 'own'; readonly spec: SamplerSpec }
  | { readonly kind: 'optuna'; readonly sampler: string };

/** A search; with a pruner a search whose trials are stopped early. */
export interface SearchJob {
  readonly contender: Contender;
  readonly problem: string;
  readonly seed: number;
  readonly workers: number;
  /** Numbers of evaluations; with a pruner, of epochs. */
  readonly checkpoints: readonly number[];
  readonly pruner?: PrunerSpec;
}

/** Runs jobs one after the other; keeps the problems and the peer process. */
export class SearchRunner {
  #development: Promise<DevelopmentProblems> | null = null;
  #optuna: LinePeer | null = null;

  /**
   * Returns the normalised regret at each checkpoint; with a pruner followed by the numbers of
   * finished and stopped trials and the share of epochs saved.
   */
  async run(job: SearchJob): Promise<readonly number[]> {
    this.#development ??= developmentProblems();
    const { problems } = await this.#development;
    const problem = problems.find(({ name }) => name === job.problem);
    if (problem === undefined) throw new RangeError(`no problem named ${job.problem}`);
    if (job.pruner !== undefined) return this.#runPruned(job, job.pruner, problem);
    const proposer = await this.#proposer(job, problem);
    const { direction, truth, optimum, median } = problem;
    const points = await searchLoop({ direction, evaluate: truth }, proposer, job);
    return Promise.all(
      points.map(async (point) => normalisedRegret(await truth(point), optimum, median)),
    );
  }

  async close(): Promise<void> {
    this.#optuna?.close();
    (await this.#development)?.close();
  }

  async #runPruned(
    job: SearchJob,
    pruner: PrunerSpec,
    problem: SearchProblem,
  ): Promise<readonly number[]> {
    if (!isCurveProblem(problem)) throw new RangeError(`${problem.name} has no curves`);
    const { contender, seed } = job;
    const proposer =
      contender.kind === 'own'
        ? ownPrunedProposer(contender.spec, pruner, problem, seed, EPOCHS)
        : await optunaPrunedProposer(
            this.#peer(),
            contender.sampler,
            pruner.name,
            problem,
            seed,
            EPOCHS,
          );
    const curveOf = async (params: EncodedParams): Promise<readonly number[]> =>
      (await problem.curve(params)).values;
    const { best, finished, stopped, saved } = await pruningLoop(curveOf, proposer, job);
    return [
      ...best.map((value) => normalisedRegret(value, problem.optimum, problem.median)),
      finished,
      stopped,
      saved / (EPOCHS * (finished + stopped)),
    ];
  }

  #peer(): LinePeer {
    return (this.#optuna ??= new LinePeer(peerPython('optuna') ?? 'python3', 'optuna_asks.py'));
  }

  #proposer({ contender, seed }: SearchJob, problem: SearchProblem): Proposer | Promise<Proposer> {
    if (contender.kind === 'own') return ownProposer(contender.spec, problem, seed);
    return optunaProposer(this.#peer(), contender.sampler, problem, seed);
  }
}

function isCurveProblem(problem: SearchProblem): problem is CurveProblem {
  return 'curve' in problem;
}
