/** Text of the inspector: one trial, or the population of a study. */
import type { Measure } from '../format.ts';
import { count } from '../format.ts';
import { list, many, measures, ordinal } from './words.ts';

export const inspector = {
  label: 'Inspector',
  trial: ({ trial }: { trial: number }) => `Trial ${trial}`,
  escape: 'Esc',
  rank: ({ measure, rank, of }: { measure: Measure; rank: number; of: number }) =>
    rank === 1 ? `${measures[measure]}, best of ${count(of)}` : `${measures[measure]}, ${ordinal(rank)} of ${count(of)}`,
  lastReport: ({ measure, epoch, of }: { measure: Measure; epoch: number; of: number | null }) =>
    of === null ? `${measures[measure]} so far` : `${measures[measure]} after ${count(epoch)} of ${many(of, 'epoch')}`,
  noValue: 'no value',
  curve: 'Learning curve',
  curveLabel: ({ trial, epochs }: { trial: number; epochs: number }) => `Learning curve of trial ${trial} over ${many(epochs, 'epoch')}`,
  noCurve: 'No report yet.',
  epoch: ({ epoch }: { epoch: number }) => `epoch ${epoch}`,
  origin: {
    founder: 'Founder, drawn at random',
    other: ({ operator }: { operator: string }) => `Proposed by ${operator}`,
    of: ({ operator, parents }: { operator: string; parents: readonly number[] }) =>
      `${operator.charAt(0).toUpperCase()}${operator.slice(1)} of ${list(parents.map(String))}`,
  },
  parameters: 'Parameters',
  from: 'from',
  both: 'both',
  parentSame: 'parent',
  mutated: 'mutated',
  drawn: 'drawn',
  ancestors: ({ generations }: { generations: number }) => `Ancestors, ${many(generations, 'generation')} back`,
  noAncestors: 'No ancestors: it is a founder.',
  where: (place: { device: string | null; lane: number | null; executor: string | null }) =>
    [place.device, place.lane === null ? null : `lane ${place.lane}`, place.executor].filter((part) => part !== null).join(', '),
  whereUnknown: 'Where it ran is unknown',
  notBegun: 'Not begun',
  took: ({ time, attempts }: { time: string | null; attempts: number }) =>
    [...(time === null ? [] : [time]), many(attempts, 'attempt')].join(', '),
  confirm: ({ seeds }: { seeds: number }) => `Confirm on ${many(seeds, 'seed')}`,
  confirming: ({ top, seeds }: { top: number; seeds: number }) =>
    `The best${top === 1 ? ' is' : ` ${count(top)} are`} trained again on ${many(seeds, 'fresh seed')}.`,
  again: 'Run again',
  againHint: 'Starts a study of this one trial: the same parameters, its random draws made anew.',
  againName: ({ name, trial }: { name: string; trial: number }) => `${name}, trial ${trial} again`,
  againTold: ({ trial }: { trial: number }) => `Trial ${trial} runs again, as a study of its own.`,
  copy: 'Copy JSON',
  story: 'Story',
  storyLoading: 'Reading what became of it.',
  attempts: 'Attempts',
  attempt: (at: { k: number; slot: string; outcome: string | null; time: string | null }) =>
    `${at.k}: ${at.slot}, ${at.outcome ?? 'running'}${at.time === null ? '' : `, ${at.time}`}`,
  error: 'Why it failed',
  cancelTrial: 'Cancel this trial',
  population: 'Population',
  nothingSelected: 'Nothing selected. Click a dot, or press J and K.',
  noTrials: 'No trial has finished yet.',
  reading: ({ read, of }: { read: number; of: number }) => `Reading trials: ${count(read)} of ${count(of)}.`,
  notRead: ({ trial }: { trial: number }) => `Trial ${trial} has not been read from the lab file yet.`,
  density: ({ trials }: { trials: number }) => `${many(trials, 'trial')}, drawn as density; zoom in for dots.`,
  operators: 'What each operator bought',
  births: 'births',
  beat: 'beat parents',
  medianGain: 'median gain',
  beatOf: ({ beat, share }: { beat: number; share: string }) => `${count(beat)}, ${share}`,
  alive: ({ alive }: { alive: number }) => `Alive, ${count(alive)}`,
  bornIn: 'born in generation',
  bornAs: 'born as trial',
  worth: 'Is it still worth it?',
  /** In three parts, for the gain stands out. */
  worthSentence: (of: { generations: number | null; trials: number; gain: string; noise: string | null }) => ({
    before:
      of.generations === null
        ? `The last ${many(of.trials, 'trial')} bought `
        : `The last ${many(of.generations, 'generation')}, ${many(of.trials, 'trial')}, bought `,
    gain: of.gain,
    after:
      of.noise === null
        ? '. The noise of one training is unknown until 20 trials have a value.'
        : `. The noise of one training is about ${of.noise}.`,
  }),
  confirmBest: ({ top }: { top: number }) => (top === 1 ? 'Confirm the best' : `Confirm the best ${count(top)}`),
  stopAndConfirm: ({ top }: { top: number }) => `Stop and confirm the best ${count(top)}`,
  bestTrials: 'Best trials',
};
