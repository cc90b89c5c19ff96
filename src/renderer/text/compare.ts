/** Text of the comparison of studies, of confirmations and of the report. */
import { count } from '../format.ts';
import { energyWords, list, many } from './words.ts';

export const compare = {
  title: ({ studies }: { studies: number }) => `${many(studies, 'study', 'studies')} compared`,
  across: 'Best so far by',
  byTrials: 'By trials',
  byTime: 'By time',
  settings: 'Settings that differ',
  same: 'All settings are equal.',
  best: 'best so far',
  done: 'done',
  empty: 'No trial of these studies has a value yet.',
  unlike: ({ name }: { name: string }) => `${name} has another metric and is not in the chart.`,
  timeless: ({ name }: { name: string }) => `${name} has no end times and is not in the chart.`,
  summary: ({ studies }: { studies: readonly { name: string; best: string }[] }) =>
    studies.length === 0
      ? 'No study to show.'
      : `Best so far: ${list(studies.map(({ name, best }) => `${name} ${best}`))}.`,
};

export const confirmation = {
  title: 'Confirmation on new seeds',
  progress: ({ done, of }: { done: number; of: number }) =>
    done < of
      ? `${count(done)} of ${many(of, 'training run')}`
      : `${many(of, 'training run')}, done`,
  trial: 'trial',
  mean: 'mean',
  interval: '95 % interval',
  seeds: 'seeds',
  notApart: ({ first, second, p }: { first: number; second: number; p: string }) =>
    `Trials ${first} and ${second} do not differ significantly (p = ${p}).`,
  apart: ({ first, second, p }: { first: number; second: number; p: string }) =>
    `Trial ${first} is better than trial ${second} (p = ${p}).`,
  test: ({ trial, value }: { trial: number; value: string }) =>
    `Test result of trial ${trial}: ${value}. The test set was used once.`,
  export: ({ trial }: { trial: number }) => `Export trial ${trial}`,
  open: 'Open the confirmation study',
};

export const report = {
  written: ({ at, version }: { at: string; version: string }) =>
    `Written on ${at} by Galapagos ${version}.`,
  nothing: 'No trial has finished.',
  best: ({ value, score, trial }: { value: string; score: string; trial: number }) =>
    `Best ${score} ${value}, trial ${trial}`,
  counts: (n: {
    complete: number;
    pruned: number;
    failed: number;
    diverged: number;
    running: number;
    time: string | null;
  }) =>
    `${many(n.complete + n.pruned + n.failed, 'trial')}: ${count(n.complete - n.diverged)} complete, ${n.pruned > 0 ? `${count(n.pruned)} pruned, ` : ''}${count(n.failed)} failed, ${count(n.diverged)} diverged${n.running > 0 ? `, ${count(n.running)} running` : ''}${n.time === null ? '' : `; ${n.time} of running`}.`,
  energy: energyWords,
  bestTrials: ({ trials }: { trials: number }) => `The best ${many(trials, 'trial')}`,
  trial: 'trial',
  chart: 'Chart',
  curves: ({ trials }: { trials: number }) =>
    `Learning curves of the best ${many(trials, 'trial')}`,
  importance: 'Importance of the parameters',
  importanceHint:
    'Share of the variance of the value that each parameter explains alone (functional ANOVA), with the 10th to 90th percentile of 64 trees.',
  goodRegion: ({ score, median }: { score: string; median: string }) =>
    `Good region: the better half of the trials; values worse than the median ${score}, ${median}, count as the median.`,
  parameter: 'parameter',
  wholeSpace: 'whole space',
  inGoodRegion: 'good region',
  together: 'combinations',
  machine: 'Machine',
  machineIs: (of: { platform: string; cores: number; workers: number; gpus: readonly string[] }) =>
    `${of.platform}, ${many(of.cores, 'CPU core')}, ${many(of.workers, 'worker')}, ${of.gpus.length === 0 ? 'no GPU' : list(of.gpus)}.`,
  settings: 'Search settings',
  executors: ({ labels }: { labels: string }) => `Trained by ${labels}.`,
  confirmation: 'Confirmation on new seeds',
  confirmed: ({ done, of }: { done: number; of: number }) =>
    `${count(done)} of ${many(of, 'training run')} done.`,
  apart: ({
    p,
    first,
    second,
    significant,
  }: {
    p: string;
    first: number;
    second: number;
    significant: boolean;
  }) =>
    significant
      ? `Trial ${first} is better than trial ${second} (p ${p.startsWith('<') ? p : `= ${p}`}).`
      : `Trials ${first} and ${second} do not differ significantly (p = ${p}).`,
  test: ({ value }: { value: string }) =>
    `Test result of the winner: ${value}. The test set was used once.`,
  mean: ({ score }: { score: string }) => `mean ${score}`,
  interval: '95 % interval',
  seeds: 'seeds',
};
