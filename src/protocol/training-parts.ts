/**
 * Samplers whose trials are parts of a training: checks of the study, and the number of parts,
 * which follows from the epochs of the objective.
 */
import type { Problem } from '../core/errors.ts';
import { PBT_SETTINGS } from '../core/samplers/pbt.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import type { SamplerSpec } from '../core/samplers/sampler.ts';
import type { Objective } from '../core/study/study-spec.ts';
import { reportingOf } from './pruning.ts';

/** Kinds that train a part each time they are started, where their epochs are not stated. */
const COUNTS_NO_EPOCHS: ReadonlySet<string> = new Set(['command']);

/** Returns what keeps a study's trainings from being divided into the sampler's parts. */
export function partProblems(sampler: SamplerSpec, objective: Objective): Problem[] {
  if (!trainsInParts(sampler)) return [];
  const reporting = reportingOf(objective);
  const problem = (path: string, expected: string, found: string, hint: string): Problem[] => [
    { code: 'training-parts', path, expected, found, hint },
  ];
  const { interval, rounds } = numbersOf(sampler);
  if (COUNTS_NO_EPOCHS.has(objective.kind) && (reporting?.length ?? null) === null) return [];
  if (reporting === null)
    return problem(
      'objective',
      'a training of two epochs or more',
      'one epoch',
      `${sampler.name} compares members while they train`,
    );
  const { length } = reporting;
  if (length === null)
    return problem(
      'objective.settings.epochs',
      'a fixed number of epochs',
      'epochs that the search decides',
      'all members train equally long',
    );
  const whole = rounds ?? length / interval;
  if (whole * interval > length || !Number.isInteger(length / interval) || whole < 2)
    return problem(
      rounds === null ? 'sampler.interval' : 'sampler.rounds',
      `at least two rounds that fit in ${length} epochs, and an interval that divides them`,
      `${rounds === null ? 'rounds' : counted(rounds, 'round')} of ${counted(interval, 'epoch')}`,
      `for example "interval": 1`,
    );
  return [];
}

/** Returns the sampler's entry with the number of parts of a training, where the study fixes it. */
export function withParts(sampler: SamplerSpec, objective: Objective): SamplerSpec {
  if (!trainsInParts(sampler)) return sampler;
  const { interval, rounds } = numbersOf(sampler);
  const length = reportingOf(objective)?.length ?? null;
  return rounds !== null || length === null ? sampler : { ...sampler, rounds: length / interval };
}

function numbersOf(sampler: SamplerSpec): { interval: number; rounds: number | null } {
  const { interval = PBT_SETTINGS['interval']?.default, rounds } = sampler;
  return {
    interval: typeof interval === 'number' ? interval : 1,
    rounds: typeof rounds === 'number' ? rounds : null,
  };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
