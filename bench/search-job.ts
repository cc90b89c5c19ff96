/** One search of the comparison of samplers, and the process state that runs it. */
import { normalisedRegret } from '../src/core/analysis/regret.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import { LinePeer } from './line-peer.ts';
import { peerPython } from './processes.ts';
import { developmentProblems } from './problems/development.ts';
import type { DevelopmentProblems } from './problems/development.ts';
import type { SearchProblem } from './problems/problem.ts';
import { optunaProposer, ownProposer } from './proposers.ts';
import type { Proposer } from './proposers.ts';
import { searchLoop } from './search-loop.ts';

export type Contender =
  | { readonly kind: 'own'; readonly spec: SamplerSpec }
  | { readonly kind: 'optuna'; readonly sampler: string };

export interface SearchJob {
  readonly contender: Contender;
  readonly problem: string;
  readonly seed: number;
  readonly workers: number;
  readonly checkpoints: readonly number[];
}

/** Runs jobs one after the other; keeps the problems and the peer process. */
export class SearchRunner {
  #development: Promise<DevelopmentProblems> | null = null;
  #optuna: LinePeer | null = null;

  /** Returns the normalised regret at each checkpoint. */
  async run(job: SearchJob): Promise<readonly number[]> {
    this.#development ??= developmentProblems();
    const { problems } = await this.#development;
    const problem = problems.find(({ name }) => name === job.problem);
    if (problem === undefined) throw new RangeError(`no problem named ${job.problem}`);
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

  #proposer({ contender, seed }: SearchJob, problem: SearchProblem): Proposer | Promise<Proposer> {
    if (contender.kind === 'own') return ownProposer(contender.spec, problem, seed);
    this.#optuna ??= new LinePeer(peerPython('optuna') ?? 'python3', 'optuna_asks.py');
    return optunaProposer(this.#optuna, contender.sampler, problem, seed);
  }
}
