/**
 * Creates a lab file of one study with many evolved trials, written as the coordinator would,
 * without workers. Cached for later runs.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { createSampler } from '../../src/core/samplers/create-sampler.ts';
import type { Write } from '../../src/core/scheduling/index.ts';
import type { EncodedParams, SearchSpace } from '../../src/core/search-space/distribution.ts';
import type { StudySpec } from '../../src/core/study/study-spec.ts';
import { TrialColumns } from '../../src/core/study/trial-columns.ts';
import { openLab } from '../../src/storage/sqlite.ts';

/** The study's uid. */
export const BIG = 'c0ffee00-0000-4000-8000-000000000001';
/** Trials in one commit. */
const GROUP = 2_000;
const STARTED = Date.UTC(2026, 0, 1);

const searchSpace: SearchSpace = {
  learningRate: { type: 'float', low: 1e-5, high: 1, log: true },
  momentum: { type: 'float', low: 0, high: 0.999 },
  dropout: { type: 'float', low: 0, high: 0.9 },
  weightDecay: { type: 'float', low: 1e-8, high: 1e-2, log: true },
  units: { type: 'int', low: 16, high: 1024, step: 16 },
  batch: { type: 'int', low: 8, high: 512, log: true },
  activation: { type: 'categorical', choices: ['relu', 'tanh', 'gelu', 'silu'] },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam', 'lamb'] },
};

/** @param durationMs duration of a further trial */
export function bigStudy(durationMs: number): StudySpec {
  return {
    name: 'a hundred thousand',
    objective: { kind: 'synthetic', function: 'sphere', durationMs },
    direction: 'minimize',
    searchSpace,
    sampler: { name: 'evolution' },
    seed: 1,
  };
}

/** @returns the path of a file that must be copied before it is opened */
export function bigLab(trials: number, durationMs: number): string {
  const folder = join(tmpdir(), 'galapagos-bench-window');
  const file = join(folder, `lab-${trials}-${durationMs}.db`);
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  const making = `${file}.making`;
  rmSync(making, { force: true });
  write(making, bigStudy(durationMs), trials);
  renameSync(making, file);
  return file;
}

function write(file: string, spec: StudySpec, trials: number): void {
  const storage = openLab(file, { create: true });
  const limits = { trials, activeMs: null, target: null };
  const sampler = createSampler(spec.sampler, spec.searchSpace, spec.direction, spec.seed);
  const columns = new TrialColumns(spec.searchSpace, spec.direction, sampler.window);
  const noise = new Stream(spec.seed, { purpose: PURPOSE.simulation, ordinal: 0, trial: 0 });
  storage.commit([[{ op: 'study', uid: BIG, spec, limits, limit: trials }]]);
  let [births, ends]: [Write[][], Write[][]] = [[], []];
  for (let number = 0; number < trials; number++) {
    const view = columns.asynchronousView(columns.ended);
    const [proposal] = sampler.propose(number, 1, view);
    if (proposal === undefined) throw new RangeError(`no trial ${number}`);
    const { params, origin } = proposal;
    columns.proposed(number, params, view.count, origin);
    const value = lossOf(params) + 0.02 * noise.normal();
    const failed = noise.uniform() < 0.01;
    const outcome = failed ? 'diverged' : 'succeeded';
    const attempt = { study: BIG, number, attemptNumber: 1 };
    const at = STARTED + number * 40;
    const ms = 20 + 20 * noise.uniform();
    columns.end(number, 'complete', outcome, failed ? Infinity : value);
    births.push([
      { op: 'proposal', uid: BIG, number, params, origin, historyLength: view.count },
      {
        op: 'attemptStarted',
        attempt,
        slot: `local/cpu/${number % 2}`,
        incarnation: '1.1',
        session: '1.1',
        cohort: `c${number}.1`,
        at,
      },
    ]);
    ends.push([
      {
        op: 'attemptEnded',
        attempt,
        outcome,
        at: at + ms,
        result: { outcome, ms, ...(failed ? {} : { value }), metrics: {}, executor: 'synthetic' },
        detail: null,
      },
      {
        op: 'trialEnded',
        uid: BIG,
        number,
        state: 'complete',
        outcome,
        value: failed ? Infinity : value,
        finishSeq: number,
        attemptNumber: 1,
        story: [],
      },
    ]);
    if (births.length < GROUP && number + 1 < trials) continue;
    storage.commit(births);
    storage.commit(ends);
    [births, ends] = [[], []];
  }
  storage.commit([[{ op: 'studyState', uid: BIG, state: 'finished', reason: 'trials' }]]);
  storage.close();
}

function lossOf([
  rate = 0,
  momentum = 0,
  dropout = 0,
  ,
  units = 0,
  ,
  activation = 0,
]: EncodedParams): number {
  return (
    Math.abs(Math.log10(rate) + 2.5) / 4 +
    (momentum - 0.9) ** 2 +
    (dropout - 0.3) ** 2 +
    (units - 400) ** 2 / 1e6 +
    activation / 30
  );
}
