/** Text of the dialog that edits a study's search, and of the edits of a study. */
import { count } from '../format.ts';
import { many } from './words.ts';

function sentenceOf(hint: string): string {
  return `${hint.slice(0, 1).toUpperCase()}${hint.slice(1)}${/[.?]$/.test(hint) ? '' : '.'}`;
}

export const editSearch = {
  notParts:
    'The search of pbt cannot be edited: its trials go on from checkpoints of earlier ones.',
  lead: 'Trials that wait, run or have ended keep their parameters. Trials proposed from now on follow the edited search.',
  parameter: 'Parameter',
  low: 'From',
  high: 'To',
  fixedAt: 'Fixed at',
  lowOf: ({ name }: { name: string }) => `${name}, from`,
  highOf: ({ name }: { name: string }) => `${name}, to`,
  fixedOf: ({ name }: { name: string }) => `${name} fixed at`,
  searched: 'searched',
  isFixed: 'fixed',
  choicesOf: ({ name }: { name: string }) => `Choices of ${name}`,
  sampler: 'Sampler',
  pruner: 'Pruner',
  noReports: 'The objective reports only its end, so no trial can be stopped early.',
  present: ({ title }: { title: string }) => `${title} (as now)`,
  notNumber: ({ field, found }: { field: string; found: string }) =>
    `${field}: expected a number, found ${found.trim() === '' ? 'nothing' : found}.`,
  problem: ({
    field,
    expected,
    found,
    hint,
  }: {
    field: string;
    expected: string;
    found: string;
    hint: string;
  }) => `${field}expected ${expected}, found ${found}.${hint === '' ? '' : ` ${sentenceOf(hint)}`}`,
  noChoice: 'Keep at least one choice.',
  preview: 'Changes',
  noChange: 'Nothing is changed yet.',
  fieldsFirst: 'Correct the marked fields first.',
  checking: 'Checking…',
  from: ({ first }: { first: number }) => `From trial ${first} on:`,
  inside: ({ inside, of }: { inside: number; of: number }) =>
    `${count(inside)} of ${many(of, 'trial')} ${inside === 1 ? 'is' : 'are'} inside the new ranges. All stay in the study.`,
  learnsFromInside: 'The sampler learns from those inside.',
  learnsFromNone: 'The sampler starts without earlier trials.',
  outside: ({ points }: { points: number }) =>
    points === 1
      ? 'An enqueued point is outside the new ranges, and would not be tried:'
      : `${count(points)} enqueued points are outside the new ranges, and would not be tried:`,
  morePoints: ({ points }: { points: number }) => `… and ${count(points)} more`,
  goesOn: 'The sampler goes on as before.',
  apply: 'Apply the edit',
  done: 'Search edited. Later trials follow it.',
  edits: 'Edits of the search',
  edited: ({ first, date }: { first: number; date: string }) => `From trial ${first} on, ${date}`,
};
