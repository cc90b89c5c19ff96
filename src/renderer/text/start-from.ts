/** Text of the part of the set-up form that names trials to start from. */
import { count } from '../format.ts';
import { many } from './words.ts';

export const startFrom = {
  title: 'Start from',
  add: 'Another search…',
  another: 'Another…',
  chooseFile: 'Choose a file…',
  chooseFolder: 'Choose a folder…',
  none: 'The sampler starts without trials of another search.',
  remove: ({ name }: { name: string }) => `Remove ${name}`,
  study: ({ name }: { name: string }) => `Study in ${name}`,
  value: ({ name }: { name: string }) => `Value in ${name}`,
  studyHint: 'study',
  valueHint: 'value',
  reading: 'Reading…',
  taken: ({ trials, of }: { trials: number; of: number }) =>
    `starts from ${count(trials)} of ${many(of, 'trial')}`,
  leftOut: ({ trials }: { trials: number }) => `${many(trials, 'trial')} left out`,
  ignored: ({ trials }: { trials: number }) => `ignored in ${many(trials, 'trial')}`,
  mismatch: ({
    parameter,
    consequence,
    reason,
    example,
  }: {
    parameter: string | null;
    consequence: string;
    reason: string;
    example: string | null;
  }) =>
    `${parameter === null ? '' : `${parameter}: `}${consequence}, ${reason}${example === null ? '' : `, for example ${example}`}`,
};
