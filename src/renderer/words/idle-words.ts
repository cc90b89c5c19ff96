/**
 * Why a worker is idle, in words, and what to do about it. The facts come from the scheduler;
 * missing facts are left out. Pure.
 */
import { roughly } from '../format.ts';
import { text } from '../text.ts';

export type IdleAct = 'resume-worker' | 'try-again' | 'resume' | 'add';

export interface IdleWords {
  readonly words: string;
  readonly act: IdleAct | null;
}

type Facts = Readonly<Record<string, unknown>>;

export function idleWords(reason: string, data: Facts, now: number): IdleWords {
  const { idle } = text;
  switch (reason) {
    case 'drained': {
      const since = numberOf(data, 'since');
      return {
        words: idle.drained({
          age: since === null ? null : text.ago({ age: roughly(now - since) }),
        }),
        act: 'resume-worker',
      };
    }
    case 'quarantined':
      return {
        words: idle.quarantined({ failures: listOf(data, 'failures').length, until: null }),
        act: 'try-again',
      };
    case 'starting':
      return { words: idle.starting({ tries: numberOf(data, 'tries') ?? 0 }), act: null };
    case 'storage':
      return { words: idle.storage({ error: wordOf(data, 'error') }), act: null };
    case 'retry':
      return { words: idle.retry({ trials: listOf(data, 'trials').length }), act: null };
    case 'avoided':
      return { words: idle.avoided({ trials: listOf(data, 'trials').length }), act: null };
    case 'unfit':
      return { words: idle.unfit, act: null };
    case 'notSelected':
      return { words: idle.notSelected, act: null };
    case 'leftToFaster':
      return { words: idle.leftToFaster({ on: kindOf(listOf(data, 'slots')) }), act: null };
    case 'sampler':
      return {
        words: idle.sampler({
          sampler: wordOf(data, 'sampler'),
          trials: numberOf(data, 'trials') ?? 0,
        }),
        act: null,
      };
    case 'generation':
      return {
        words: idle.generation({
          generation: numberOf(data, 'generation') ?? 0,
          trials: listOf(data, 'trials').length,
        }),
        act: null,
      };
    case 'budget': {
      const limit = numberOf(data, 'limit') ?? 0;
      const last = listOf(data, 'trials').length;
      return {
        words:
          last === 0
            ? idle.budgetOver({ limit })
            : idle.budget({ limit, last, on: kindOf(listOf(data, 'slots')) }),
        act: 'add',
      };
    }
    case 'paused':
      return { words: idle.paused, act: 'resume' };
    case 'finished':
      return { words: idle.finished, act: 'add' };
    case 'away':
    case 'spaceUsedUp':
    case 'ending':
    case 'noStudy':
      return { words: idle[reason], act: null };
    default:
      return { words: idle.none, act: null };
  }
}

function kindOf(slots: readonly unknown[]): 'cpu' | 'gpu' | 'mixed' {
  const gpus = slots.filter((slot) => typeof slot === 'string' && slot.includes('/gpu')).length;
  return gpus === 0 ? 'cpu' : gpus === slots.length ? 'gpu' : 'mixed';
}

function numberOf(data: Facts, name: string): number | null {
  const value = data[name];
  return typeof value === 'number' ? value : null;
}

function wordOf(data: Facts, name: string): string {
  const value = data[name];
  return typeof value === 'string' ? value : text.unknown;
}

function listOf(data: Facts, name: string): readonly unknown[] {
  const value = data[name];
  return Array.isArray(value) ? value : [];
}
