/** Text of the inspector: one trial, or the population of a study. */
import { scoreName } from '../../core/study/score.ts';
import type { ScoreKind } from '../../core/study/score.ts';
import { count, THIN } from '../format.ts';
import { energyWords, list, many, ordinal } from './words.ts';

export const inspector = {
  label: 'Inspector',
  trial: ({ trial }: { trial: number }) => `Trial ${trial}`,
  escape: 'Esc',
  rank: ({ kind, rank, of }: { kind: ScoreKind; rank: number; of: number }) =>
    `${scoreName(kind)}, ${rank === 1 ? 'best' : ordinal(rank)} of ${count(of)}`,
  lastReport: ({ kind, epoch, of }: { kind: ScoreKind; epoch: number; of: number | null }) =>
    of === null
      ? `${scoreName(kind)} so far`
      : `${scoreName(kind)} after ${count(epoch)} of ${many(of, 'epoch')}`,
  noValue: 'no value',
  pausedAfter: ({ epoch }: { epoch: number }) => `paused after epoch ${count(epoch)}`,
  curve: 'Learning curve',
  curveLabel: ({ trial, epochs }: { trial: number; epochs: number }) =>
    `Learning curve of trial ${trial} over ${many(epochs, 'epoch')}`,
  noCurve: 'No report yet.',
  noReports: 'It reported no values.',
  epoch: ({ epoch }: { epoch: number }) => `epoch ${epoch}`,
  origin: {
    founder: 'Founder, drawn at random',
    chosen: 'Random point, chosen by the model',
    other: ({ operator }: { operator: string }) => `Proposed by ${operator}`,
    copy: ({ copied, own }: { copied: number; own: number }) =>
      `Copy of ${copied}, in place of ${own}`,
    of: ({ operator, parents }: { operator: string; parents: readonly number[] }) =>
      `${operator.charAt(0).toUpperCase()}${operator.slice(1)} of ${list(parents.map(String))}`,
  },
  predicted: (of: { value: string; low: string; high: string; improvement: string }) =>
    `The model predicted ${of.value}, 95${THIN}% interval ${of.low} to ${of.high}. Expected improvement: ${of.improvement} standard deviations.`,
  predictedHint:
    'The model of the finished trials chose this point among all candidates for its expected improvement, in standard deviations of the values.',
  parameters: 'Parameters',
  from: 'from',
  both: 'both',
  parentSame: 'parent',
  mutated: 'mutated',
  drawn: 'drawn',
  ancestors: ({ generations }: { generations: number }) =>
    `Ancestors, ${many(generations, 'generation')} back`,
  noAncestors: 'No ancestors: this trial is a founder.',
  where: (place: { device: string | null; lane: number | null; executor: string | null }) =>
    [place.device, place.lane === null ? null : `lane ${place.lane}`, place.executor]
      .filter((part) => part !== null)
      .join(', '),
  whereUnknown: 'Worker unknown',
  notBegun: 'Not started',
  took: ({ time, attempts }: { time: string | null; attempts: number }) =>
    [...(time === null ? [] : [time]), many(attempts, 'attempt')].join(', '),
  energy: ({ energy }: { energy: string }) => `Energy ${energy}, idle power included`,
  energyUnknown: ({ device }: { device: string }) =>
    `Energy unknown: the power of ${device} was not read`,
  energySoFar: energyWords,
  confirm: ({ seeds }: { seeds: number }) => `Confirm on ${many(seeds, 'seed')}`,
  confirming: ({ trials, seeds }: { trials: number; seeds: number }) =>
    `The best${trials === 1 ? ' trial is' : ` ${count(trials)} trials are`} being retrained on ${many(seeds, 'new seed')}.`,
  again: 'Run again',
  againHint: 'Starts a study of this one trial: the same parameters, a new random seed.',
  againName: ({ name, trial }: { name: string; trial: number }) => `${name}, trial ${trial} again`,
  againTold: ({ trial }: { trial: number }) => `Trial ${trial} runs again in a study of its own.`,
  copy: 'Copy JSON',
  copyCommand: 'Copy command',
  copyCommandHint:
    'The command line that runs the program with these parameters, outside of Galapagos.',
  kept: 'Its program kept files in',
  output: 'Output',
  noOutput: 'Nothing is kept: the program printed nothing, or another machine could not send it.',
  searchOutput: 'Search the output',
  outputLines: (shown: {
    search: string;
    found: number;
    of: number;
    cut: boolean;
    attempt: number;
  }) =>
    [
      ...(shown.attempt === 1 ? [] : [`Attempt ${shown.attempt}`]),
      shown.search === ''
        ? many(shown.of, 'line')
        : `${count(shown.found)} of ${many(shown.of, 'line')}`,
      ...(shown.cut ? ['the latest only; galapagos logs has all that is kept'] : []),
    ].join(', '),
  schedule: 'Parameters by epoch',
  fromEpoch: 'from epoch',
  story: 'Story',
  storyLoading: 'Loading the history.',
  events: 'Events of the scheduler, each with its cause',
  error: 'Why it failed',
  lastError: 'Why the last attempt failed',
  cancelTrial: 'Cancel this trial',
  population: 'Population',
  nothingSelected: 'Nothing selected. Click a dot, or step through the trials with J and K.',
  noTrials: 'No trial has finished yet.',
  reading: ({ read, of }: { read: number; of: number }) =>
    `Reading trials: ${count(read)} of ${count(of)}.`,
  notRead: ({ trial }: { trial: number }) =>
    `Trial ${trial} has not been read from the lab file yet.`,
  density: ({ trials }: { trials: number }) =>
    `${many(trials, 'trial')}, drawn as density. Zoom in for dots.`,
  operators: 'Gain by operator',
  births: 'trials',
  beat: 'beat parents',
  medianGain: 'median gain',
  beatOf: ({ beat, judged }: { beat: number; judged: number }) =>
    `${count(beat)} of ${count(judged)}`,
  diversity: ({ level }: { level: 'low' | 'medium' | 'high' }) => `Diversity: ${level}`,
  diversityHint: ({ share, low }: { share: string; low: string }) =>
    `Spread of the survivors relative to random trials, averaged over the parameters: ${share}. ` +
    'The spread of a number is its standard deviation on its own scale; that of a choice is the probability that two survivors differ. ' +
    `Below ${low} is low: the search has converged, and new trials resemble the survivors.`,
  alive: ({ alive }: { alive: number }) => `Surviving population, ${count(alive)}`,
  bornIn: 'generation',
  bornAs: 'trial',
  worth: 'Is more search worthwhile?',
  /**
   * Gain of the latest trials beside the noise, in three parts because the gain is set in bold.
   * `gain` is null where there was none; `noise` is null until it can be estimated.
   */
  worthSentence: (of: {
    generations: number | null;
    trials: number;
    gain: string | null;
    noise: string | null;
  }) => {
    const trials = `last ${many(of.trials, 'trial')}`;
    const over =
      of.generations === null
        ? trials
        : `last ${many(of.generations, 'generation')} (${many(of.trials, 'trial')})`;
    const noise =
      of.noise === null
        ? ' Run-to-run noise: unknown until 20 trials have a value.'
        : ` Run-to-run noise: about ±${of.noise}.`;
    return of.gain === null
      ? { before: `No improvement in the ${over}.`, gain: '', after: noise }
      : { before: `Gain in the ${over}: `, gain: of.gain, after: `.${noise}` };
  },
  confirmBest: ({ top }: { top: number }) =>
    top === 1 ? 'Confirm the best' : `Confirm the best ${count(top)}`,
  stopAndConfirm: ({ top }: { top: number }) => `Stop and confirm the best ${count(top)}`,
  bestTrials: 'Best trials',
  front: ({ front }: { front: number }) => `Pareto front, ${many(front, 'trial')}`,
  moreOnFront: ({ trials }: { trials: number }) => `and ${many(trials, 'more trial')}`,
  /** Place of a trial among those of a study with several objectives. */
  standing: {
    front: 'on the Pareto front',
    other: 'dominated by another trial',
    infeasible: 'violates a constraint',
  },
};
