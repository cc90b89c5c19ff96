/** Plurals, ordinals and lists in English, and the words that every view uses. */
import type { Estimate, Metric } from '../format.ts';
import type { StudyEnergy } from '../../core/study/study-energy.ts';
import { THIN, count, joules } from '../format.ts';

const numbers = new Intl.PluralRules('en');
const places = new Intl.PluralRules('en', { type: 'ordinal' });

/** `1 trial`, `3 trials`. */
export function many(n: number, one: string, more = `${one}s`): string {
  return `${count(n)} ${numbers.select(n) === 'one' ? one : more}`;
}

/** `1st`, `2nd`, `3rd`, `12th`. */
export function ordinal(n: number): string {
  const ends: Partial<Record<Intl.LDMLPluralRule, string>> = { one: 'st', two: 'nd', few: 'rd' };
  return `${count(n)}${ends[places.select(n)] ?? 'th'}`;
}

/** `5 to 8`, `up to 2`. */
export function span({ low, high }: Estimate): string {
  return low === null ? `up to ${high}` : `${low} to ${high}`;
}

/** `A`, `A and B`, `A, B and C`. */
export function list(entries: readonly string[]): string {
  const last = entries.at(-1) ?? '';
  return entries.length < 2 ? last : `${entries.slice(0, -1).join(', ')} and ${last}`;
}

/** `Energy 12.3 kJ for 60 of 64 trials, idle power included.` */
export function energyWords({ joules: sum, trials, of }: StudyEnergy): string {
  const over = trials === of ? many(of, 'trial') : `${count(trials)} of ${many(of, 'trial')}`;
  const rest = trials === of ? '' : ' The energy of the others is unknown.';
  return `Energy ${joules(sum)} for ${over}, idle power included.${rest}`;
}

export const measures: Readonly<Record<Metric, string>> = {
  accuracy: 'accuracy',
  loss: 'loss',
  value: 'value',
};

export const words = {
  many,
  list,
  states: {
    waiting: 'waiting',
    running: 'running',
    complete: 'complete',
    pruned: 'pruned',
    failed: 'failed',
    diverged: 'diverged',
    quarantined: 'quarantined',
    paused: 'paused',
    stopped: 'stopped',
  },
  studyStates: {
    running: 'running',
    pausing: 'pausing',
    paused: 'paused',
    ending: 'ending',
    stopped: 'stopped',
    finished: 'finished',
    foreign: 'from another program',
  },
  operators: {
    random: 'founder',
    mutation: 'mutation',
    crossover: 'crossover',
    both: 'crossover + mutation',
    cmaEs: 'CMA-ES',
    goOn: 'continuation',
    copy: 'copy',
  },
  measures,
  unknown: 'unknown',
  none: 'none',
  notUsed: 'not used',
  diverged: 'diverged',
  thousands: count,
  justNow: 'just now',
  ago: ({ age }: { age: string }) => `${age} ago`,
  estimate: (range: Estimate) => `${span(range)}${THIN}${range.unit}`,
  estimateNumbers: span,
  cancel: 'Cancel',
  close: 'Close',
  undo: 'Undo',
  details: 'Details',
  copyDetails: 'Copy details',
  copied: 'Copied',
};
