/**
 * Reasons why a worker is idle, in words, and what to do about it. The facts come from the
 * scheduler; missing facts are left out. Pure.
 */
import type { Idle } from '../../core/scheduling/idle.ts';
import { clockLeft, clockTime, roughly } from '../format.ts';
import { text } from '../text.ts';

export type IdleAct = 'resume-worker' | 'try-again' | 'resume' | 'add';

export interface IdleWords {
  readonly words: string;
  readonly act: IdleAct | null;
}

type Facts = Readonly<Record<string, unknown>>;

const { idle } = text;

type Reason = Idle['reason'];

/** Words of every reason that the scheduler gives. */
const WORDS: Readonly<Record<Reason, (data: Facts, now: number) => IdleWords>> = {
  drained: (data, now) => {
    const time = sinceOf(data, now);
    const age = time === null ? null : text.ago({ age: time });
    return { words: idle.drained({ age }), act: 'resume-worker' };
  },
  quarantined: (data) => ({
    words: idle.quarantined({ failures: listOf(data, 'failures').length, until: null }),
    act: 'try-again',
  }),
  starting: (data) => said(idle.starting({ tries: numberOf(data, 'tries') ?? 0 })),
  away: () => said(idle.away),
  nodeAway: (data, now) => said(idle.nodeAway({ time: sinceOf(data, now) })),
  nodeAbsent: (data) => said(absentWords(data)),
  nodeMode: (data) => said(modeWords(data)),
  held: (data, now) => said(idle.held({ time: sinceOf(data, now) })),
  nodeQuarantined: (data, now) => {
    const until = numberOf(data, 'until');
    const left = until === null ? null : clockLeft(until - now);
    return said(idle.nodeQuarantined({ why: namedOf(data, 'why'), left }));
  },
  resting: () => said(idle.resting),
  lacksContent: (data) => said(idle.lacksContent({ dataset: namedOf(data, 'dataset') })),
  otherArithmetic: () => said(idle.otherArithmetic),
  otherModel: (data) => said(idle.otherModel({ model: namedOf(data, 'model') })),
  storage: (data) => said(idle.storage({ error: wordOf(data, 'error') })),
  retry: (data) => said(idle.retry({ trials: listOf(data, 'trials').length })),
  avoided: (data) => said(idle.avoided({ trials: listOf(data, 'trials').length })),
  unfit: () => said(idle.unfit),
  noRoom: () => said(idle.noRoom),
  notSelected: () => said(idle.notSelected),
  leftToFaster: (data) => said(idle.leftToFaster({ on: kindOf(listOf(data, 'slots')) })),
  sampler: (data) => {
    const trials = numberOf(data, 'trials') ?? 0;
    return said(idle.sampler({ sampler: wordOf(data, 'sampler'), trials }));
  },
  generation: (data) => {
    const generation = numberOf(data, 'generation') ?? 0;
    return said(idle.generation({ generation, trials: listOf(data, 'trials').length }));
  },
  budget: (data) => {
    const limit = numberOf(data, 'limit') ?? 0;
    const last = listOf(data, 'trials').length;
    const words =
      last === 0
        ? idle.budgetOver({ limit })
        : idle.budget({ limit, last, on: kindOf(listOf(data, 'slots')) });
    return { words, act: 'add' };
  },
  results: (data) => said(idle.results({ trials: listOf(data, 'trials').length })),
  spaceUsedUp: () => said(idle.spaceUsedUp),
  ending: () => said(idle.ending),
  paused: () => ({ words: idle.paused, act: 'resume' }),
  finished: () => ({ words: idle.finished, act: 'add' }),
  noStudy: () => said(idle.noStudy),
  none: () => said(idle.none),
};

/** @param reason of a later version, too: its words are those of `none` */
export function idleWords(reason: string, data: Facts, now: number): IdleWords {
  return (isReason(reason) ? WORDS[reason] : WORDS.none)(data, now);
}

function isReason(reason: string): reason is Reason {
  return Object.hasOwn(WORDS, reason);
}

function said(words: string): IdleWords {
  return { words, act: null };
}

function absentWords(data: Facts): string {
  const why = data['why'];
  if (why === 'owner' || why === 'shutdown' || why === 'drained') return idle.nodeLeft;
  const since = numberOf(data, 'since');
  const clock = since === null ? null : clockTime(since);
  return why === 'sleep' ? idle.nodeAsleep({ clock }) : idle.nodeGone({ clock });
}

function modeWords(data: Facts): string {
  const mode = data['mode'];
  const byOwner = data['by'] === 'owner';
  if (mode === 'paused') return idle.nodePaused({ byOwner });
  return mode === 'draining' ? idle.nodeDraining({ byOwner }) : idle.nodeDrained({ byOwner });
}

/** Time since the field `since`; null: it is not known. */
function sinceOf(data: Facts, now: number): string | null {
  const since = numberOf(data, 'since');
  return since === null ? null : roughly(now - since);
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

function namedOf(data: Facts, name: string): string | null {
  const value = data[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

function listOf(data: Facts, name: string): readonly unknown[] {
  const value = data[name];
  return Array.isArray(value) ? value : [];
}
