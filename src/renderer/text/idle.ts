/** Reasons why a worker is idle. */
import { count } from '../format.ts';
import { many, ordinal } from './words.ts';

/** Why a worker has nothing to do. */
export const idle = {
  head: ({ names, time }: { names: readonly string[]; time: string }) =>
    `${names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${count(names.length - 2)} more` : names.join(', ')} idle ${time}:`,
  leftOut: ({ age }: { age: string | null }) => (age === null ? 'left out by you.' : `left out by you ${age}.`),
  quarantined: ({ failures, until }: { failures: number; until: string | null }) =>
    `set apart: ${many(failures, 'attempt')} crashed here, none elsewhere.${until === null ? '' : ` It is tried again ${until}.`}`,
  starting: ({ tries }: { tries: number }) =>
    tries < 2 ? 'its process is starting.' : `its process is starting, for the ${ordinal(tries)} time in a row.`,
  away: 'nothing is heard of it; its process is started elsewhere.',
  storage: ({ error }: { error: string }) => `nothing can be written, so nothing new is begun: ${error}.`,
  retry: ({ trials }: { trials: number }) =>
    `${many(trials, 'trial')} failed and ${trials === 1 ? 'waits' : 'wait'} a moment before being tried again.`,
  avoided: ({ trials }: { trials: number }) =>
    `${many(trials, 'waiting trial')} crashed here and ${trials === 1 ? 'is' : 'are'} kept for others.`,
  sampler: ({ sampler, trials }: { sampler: string; trials: number }) => `${sampler} is thinking over ${many(trials, 'trial')}.`,
  generation: ({ generation, trials }: { generation: number; trials: number }) =>
    `${many(trials, 'trial')} of generation ${generation} still ${trials === 1 ? 'runs' : 'run'}; the next is bred when ${trials === 1 ? 'it ends' : 'they end'}.`,
  budget: ({ limit, last, on }: { limit: number; last: number; on: 'cpu' | 'gpu' | 'mixed' }) =>
    `all ${many(limit, 'trial')} are born, the last ${last === 1 ? 'one runs' : `${count(last)} run`} on ${{ cpu: 'CPU workers', gpu: 'GPUs', mixed: 'other workers' }[on]}.`,
  budgetOver: ({ limit }: { limit: number }) => `all ${many(limit, 'trial')} are born.`,
  spaceUsedUp: 'every point of the space has been tried or runs.',
  ending: 'the study is ending; what runs may finish.',
  paused: 'the study is paused.',
  finished: 'the last study finished.',
  noStudy: 'no study is running.',
  none: 'the scheduler gave no reason. That is a fault of ours.',
  useAgain: 'Use again',
  tryAgain: 'Try again',
};
