/**
 * Runs searches in several processes and keeps their regrets in .cache/search/, one file for each
 * contender and setting, so that an interrupted comparison continues where it ended. Regrets of our
 * own samplers are kept as long as a sampler proposes the same points in one reference search.
 */
import { fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { at } from '../src/core/at.ts';
import type { SamplerSpec } from '../src/core/samplers/sampler.ts';
import type { EncodedParams } from '../src/core/search-space/distribution.ts';
import { conditionalProblems } from './problems/conditional.ts';
import { ownProposer } from './proposers.ts';
import type { BenchOptions } from './row.ts';
import type { Contender, SearchJob } from './search-job.ts';
import { searchLoop } from './search-loop.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = join(root, '.cache', 'search');
const FINGERPRINT_TRIALS = 64;

interface Kept {
  readonly problem: string;
  readonly seed: number;
  readonly regrets: readonly number[];
}

type Reply = { readonly regrets: readonly number[] } | { readonly error: string };

export class SearchPool {
  readonly #kept = new Map<string, Map<string, readonly number[]>>();
  readonly #names: ReadonlyMap<Contender, string>;

  private constructor(names: ReadonlyMap<Contender, string>) {
    this.#names = names;
  }

  static async of(contenders: readonly Contender[]): Promise<SearchPool> {
    const names = new Map<Contender, string>();
    for (const contender of contenders)
      names.set(
        contender,
        contender.kind === 'optuna'
          ? `optuna-${contender.sampler}`
          : `${contender.spec.name}-${await fingerprint(contender.spec)}`,
      );
    return new SearchPool(names);
  }

  /** Regrets of a job that has been run, at its checkpoints. */
  regrets(job: SearchJob): readonly number[] | undefined {
    return this.#of(job).get(`${job.problem} ${job.seed}`);
  }

  /**
   * Runs the jobs that have no regrets yet, in order, unless only cached ones are wanted.
   * @param progress called after each job with the number of jobs that remain
   */
  async run(
    jobs: readonly SearchJob[],
    { processes = availableParallelism(), cached = false }: BenchOptions,
    progress: (left: number) => void,
  ): Promise<void> {
    if (cached) return;
    const waiting = jobs.filter((job) => this.regrets(job) === undefined);
    let left = waiting.length;
    const work = async (): Promise<void> => {
      if (waiting.length === 0) return;
      const child = fork(fileURLToPath(new URL('search-process.ts', import.meta.url)));
      try {
        for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
          const reply = await new Promise<Reply>((resolve, reject) => {
            child.once('message', resolve);
            child.once('exit', (code) => reject(new Error(`a search ended: exit code ${code}`)));
            child.send(job);
          });
          child.removeAllListeners();
          if ('error' in reply) throw new Error(reply.error);
          this.#keep(job, reply.regrets);
          left -= 1;
          progress(left);
        }
      } finally {
        if (child.connected) child.disconnect();
      }
    };
    await Promise.all(Array.from({ length: processes }, work));
  }

  #of(job: SearchJob): Map<string, readonly number[]> {
    const file = this.#file(job);
    let kept = this.#kept.get(file);
    if (kept === undefined) {
      kept = new Map();
      if (existsSync(file))
        for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
          const { problem, seed, regrets } = JSON.parse(line) as Kept;
          kept.set(`${problem} ${seed}`, regrets);
        }
      this.#kept.set(file, kept);
    }
    return kept;
  }

  #keep(job: SearchJob, regrets: readonly number[]): void {
    this.#of(job).set(`${job.problem} ${job.seed}`, regrets);
    mkdirSync(folder, { recursive: true });
    const kept: Kept = { problem: job.problem, seed: job.seed, regrets };
    appendFileSync(this.#file(job), `${JSON.stringify(kept)}\n`);
  }

  #file({ contender, workers, checkpoints, pruner }: SearchJob): string {
    const name = this.#names.get(contender);
    if (name === undefined) throw new RangeError('a contender that the pool does not know');
    const stopping = pruner === undefined ? '' : `-${Object.values(pruner).join('-')}`;
    return join(folder, `${name}${stopping}-w${workers}-${checkpoints.join('-')}.jsonl`);
  }
}

/** Digest of the points that a sampler proposes in one search of a conditional problem. */
async function fingerprint(spec: SamplerSpec): Promise<string> {
  const problem = at(conditionalProblems(), 0);
  const hash = createHash('sha256').update(JSON.stringify(spec));
  const evaluate = (params: EncodedParams): number | Promise<number> => {
    hash.update(params);
    return problem.truth(params);
  };
  const setting = { seed: 1, workers: 4, checkpoints: [FINGERPRINT_TRIALS] };
  const proposer = ownProposer(spec, problem, 1);
  await searchLoop({ direction: problem.direction, evaluate }, proposer, setting);
  return hash.digest('hex').slice(0, 8);
}
