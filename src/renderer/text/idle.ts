/** Reasons why a worker is idle. */
import { count } from '../format.ts';
import { many, ordinal } from './words.ts';

/** Idle reasons and what to do about them. */
export const idle = {
  head: ({ names, time }: { names: readonly string[]; time: string }) =>
    `${names.length > 3 ? `${names.slice(0, 2).join(', ')} and ${count(names.length - 2)} more` : names.join(', ')} idle ${time}:`,
  drained: ({ age }: { age: string | null }) =>
    age === null ? 'disabled by you.' : `disabled by you ${age}.`,
  quarantined: ({ failures, until }: { failures: number; until: string | null }) =>
    `quarantined: ${many(failures, 'attempt')} crashed on this worker and none on others.${until === null ? '' : ` Retried ${until}.`}`,
  starting: ({ tries }: { tries: number }) =>
    tries < 2
      ? 'its process is starting.'
      : `its process is starting, ${ordinal(tries)} attempt in a row.`,
  away: 'its process does not respond and is being restarted.',
  nodeAway: ({ time }: { time: string | null }) =>
    `its machine has not been heard of${time === null ? '' : ` for ${time}`}; what it finishes still counts.`,
  nodeLeft: 'its machine left.',
  nodeGone: ({ clock }: { clock: string | null }) =>
    clock === null ? 'its machine is gone.' : `its machine is gone since ${clock}.`,
  nodeAsleep: ({ clock }: { clock: string | null }) =>
    clock === null ? 'its machine is asleep.' : `its machine is asleep since ${clock}.`,
  nodePaused: ({ byOwner }: { byOwner: boolean }) =>
    `its machine is paused ${byOwner ? 'by its owner' : 'here'}.`,
  nodeDraining: ({ byOwner }: { byOwner: boolean }) =>
    `its machine finishes its trials and takes no more${byOwner ? ' (by its owner)' : ''}.`,
  nodeDrained: ({ byOwner }: { byOwner: boolean }) =>
    `its machine is drained${byOwner ? ' (by its owner)' : ''}.`,
  held: ({ time }: { time: string | null }) =>
    `its machine ${time === null ? 'is in use' : `has been in use for ${time}`}, so this worker waits.`,
  nodeQuarantined: ({ why, left }: { why: string | null; left: string | null }) =>
    `its machine failed trials that succeeded elsewhere${why === null ? '' : `: ${why}`}.${left === null ? '' : ` Tried again in ${left}.`}`,
  resting: 'its process starts when a study runs.',
  lacksContent: ({ dataset }: { dataset: string | null }) =>
    dataset === null
      ? 'its machine does not have the dataset of the study.'
      : `its machine does not have the dataset ${dataset}.`,
  otherArithmetic:
    'the release on its machine computes differently than the one the study began with.',
  otherModel: ({ model }: { model: string | null }) =>
    model === null
      ? 'the study began on another GPU model, whose results differ.'
      : `the study began on ${model}; results of another GPU model differ.`,
  storage: ({ error }: { error: string }) =>
    `the lab file cannot be written, so no new trial starts: ${error}.`,
  retry: ({ trials }: { trials: number }) =>
    `${many(trials, 'trial')} failed and will be retried shortly.`,
  avoided: ({ trials }: { trials: number }) =>
    `${many(trials, 'waiting trial')} crashed on this worker and ${trials === 1 ? 'is' : 'are'} reserved for other workers.`,
  notSelected: 'the study runs on other devices, which were selected when it was set up.',
  unfit:
    'the study does not run on this kind of device, because of its executor or of the GPUs that its trials need.',
  noRoom: 'the running trials need the cores or the memory of its machine.',
  leftToFaster: ({ on }: { on: 'cpu' | 'gpu' | 'mixed' }) =>
    `${{ cpu: 'other CPU workers', gpu: 'the GPUs', mixed: 'faster workers' }[on]} finish the remaining trials before this worker would finish one.`,
  sampler: ({ sampler, trials }: { sampler: string; trials: number }) =>
    `the ${sampler} sampler is proposing ${many(trials, 'trial')}.`,
  generation: ({ generation, trials }: { generation: number; trials: number }) =>
    `${many(trials, 'trial')} of generation ${generation} ${trials === 1 ? 'is' : 'are'} still running; the next generation starts when ${trials === 1 ? 'it ends' : 'they end'}.`,
  budget: ({ limit, last, on }: { limit: number; last: number; on: 'cpu' | 'gpu' | 'mixed' }) =>
    `all ${many(limit, 'trial')} have started; the last ${last === 1 ? 'one is' : `${count(last)} are`} running on ${{ cpu: 'CPU workers', gpu: 'GPUs', mixed: 'other workers' }[on]}.`,
  budgetOver: ({ limit }: { limit: number }) => `all ${many(limit, 'trial')} have started.`,
  results: ({ trials }: { trials: number }) =>
    `the next trial depends on the ${many(trials, 'running trial')}.`,
  spaceUsedUp: 'every point of the search space has been tried or is running.',
  ending: 'the study is ending; running trials may finish.',
  paused: 'the study is paused.',
  finished: 'the last study finished.',
  noStudy: 'no study is running.',
  none: 'the scheduler gave no reason. This is a bug in Galapagos.',
  resumeWorker: 'Enable',
  tryAgain: 'Try again',
};
