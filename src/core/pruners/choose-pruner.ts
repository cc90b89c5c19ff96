/** Fixes the pruner of a study when it is created: `auto` becomes a pruner, with a reason. */
import type { Sampler } from '../samplers/sampler.ts';
import { AUTO } from './create-pruner.ts';
import type { PrunerSpec, Reporting } from './pruner.ts';

/** Least number of reports of a whole training for which `auto` stops trials early. */
const LEAST_REPORTS = 10;
/** Least number of trials for each worker. */
const TRIALS_A_WORKER = 4;

/** A study that is about to be created. */
export interface Circumstances {
  /** Of its objective; null: it reports only its end. */
  readonly reporting: Reporting | null;
  /** Its budget; null: none. */
  readonly trials: number | null;
  readonly workers: number;
  readonly sampler: Pick<Sampler, 'barrier' | 'partOf'>;
}

export interface Choice {
  readonly pruner: PrunerSpec;
  /** A sentence without a full stop. */
  readonly reason: string;
}

/** Returns the pruner of a new study; the spec's own unless that is `auto`. */
export function choosePruner(spec: PrunerSpec, circumstances: Circumstances): Choice {
  if (spec.name !== AUTO) return { pruner: spec, reason: 'chosen in the study' };
  const against = reasonAgainst(circumstances);
  if (against !== null) return { pruner: { name: 'none' }, reason: `automatic: ${against}` };
  const { reporting, trials, workers } = circumstances;
  const budget = trials === null ? 'no limit on trials' : `${trials} trials`;
  return {
    pruner: { name: 'hopeless' },
    reason: `automatic: ${reporting?.length ?? 0} reports a trial, ${budget}, ${workers === 1 ? '1 worker' : `${workers} workers`}`,
  };
}

function reasonAgainst({ reporting, trials, workers, sampler }: Circumstances): string | null {
  if (reporting === null) return 'the objective reports only its end';
  const { length } = reporting;
  if (sampler.partOf !== undefined) return 'a trial of this sampler is part of a training';
  if (length === null) return 'the search decides the number of epochs';
  if (length < LEAST_REPORTS) return `trials report fewer than ${LEAST_REPORTS} times`;
  if (sampler.barrier !== null)
    return 'this sampler gives the same trials on any number of workers, and stopping depends on the order of results';
  if (trials !== null && trials < TRIALS_A_WORKER * workers)
    return `${trials} trials are fewer than ${TRIALS_A_WORKER} for each of ${workers} workers`;
  return null;
}
