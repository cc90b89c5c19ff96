/** Text of the comparison of studies, of confirmations and of the report. */
import type { Measure } from '../format.ts';
import { count } from '../format.ts';
import { list, many, measures } from './words.ts';

export const compare = {
  title: ({ studies }: { studies: number }) => `${many(studies, 'study', 'studies')} compared`,
  across: 'Best so far by',
  byTrials: 'By trials',
  byTime: 'By time',
  settings: 'Settings that differ',
  same: 'All settings are the same.',
  best: 'best so far',
  done: 'done',
  empty: 'No trial of these studies has a value yet.',
  unlike: ({ name }: { name: string }) => `${name} measures something else and is left out of the chart.`,
  timeless: ({ name }: { name: string }) => `${name} does not say when its trials ended, and is left out of the chart.`,
  summary: ({ studies }: { studies: readonly { name: string; best: string }[] }) =>
    studies.length === 0 ? 'No study to draw.' : `Best so far: ${list(studies.map(({ name, best }) => `${name} ${best}`))}.`,
};

export const confirmation = {
  title: 'Confirmed on fresh seeds',
  progress: ({ done, of }: { done: number; of: number }) =>
    done < of ? `${count(done)} of ${count(of)} trained again` : `${many(of, 'training')}, done`,
  trial: 'trial',
  mean: 'mean',
  interval: '95 % interval',
  seeds: 'seeds',
  notApart: ({ first, second, p }: { first: number; second: number; p: string }) =>
    `${first} and ${second} cannot be told apart (p = ${p}).`,
  apart: ({ first, second, p }: { first: number; second: number; p: string }) => `${first} is better than ${second} (p = ${p}).`,
  test: ({ trial, value }: { trial: number; value: string }) => `Trial ${trial} on the test set, looked at once: ${value}.`,
  export: ({ trial }: { trial: number }) => `Export trial ${trial}`,
  open: 'Open its study',
};

export const report = {
  written: ({ at, version }: { at: string; version: string }) => `Written on ${at} by Galapagos ${version}.`,
  nothing: 'No trial has finished.',
  best: ({ value, measure, trial }: { value: string; measure: Measure; trial: number }) =>
    `Best ${measures[measure]} ${value}, trial ${trial}`,
  counts: (n: { complete: number; pruned: number; failed: number; diverged: number; running: number; time: string | null }) =>
    `${many(n.complete + n.pruned + n.failed, 'trial')}: ${count(n.complete - n.diverged)} complete, ${count(n.failed)} failed, ${count(n.diverged)} diverged${n.running > 0 ? `, ${count(n.running)} running` : ''}${n.time === null ? '' : `; ${n.time} of running`}.`,
  bestTrials: ({ trials }: { trials: number }) => `The best ${many(trials, 'trial')}`,
  trial: 'trial',
  settings: 'What was searched, and how',
  executors: ({ labels }: { labels: string }) => `Trained by ${labels}.`,
  confirmation: 'Confirmed on fresh seeds',
  confirmed: ({ done, of }: { done: number; of: number }) => `${count(done)} of ${many(of, 'training')} done.`,
  apart: ({ p, first, second, told }: { p: string; first: number; second: number; told: boolean }) =>
    told
      ? `Trial ${first} is better than trial ${second} (p ${p.startsWith('<') ? p : `= ${p}`}).`
      : `Trials ${first} and ${second} cannot be told apart (p = ${p}).`,
  test: ({ value }: { value: string }) => `The winner on the test set, looked at once: ${value}.`,
  mean: 'mean',
  interval: '95 % interval',
  seeds: 'seeds',
};
