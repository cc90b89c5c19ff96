/**
 * Choice of an algorithm for a study whose sampler is `auto`. The choice is made once, when the
 * study is created, and recorded in its sampler's entry: a resumed study uses the same algorithm
 * whatever workers there are then.
 */
import { Enumeration } from '../search-space/enumeration.ts';
import type { Axis } from '../search-space/axis.ts';
import type { SamplerSpec } from './sampler.ts';
import { INITIAL } from './guided-evolution/guided-evolution.ts';

/** Circumstances that the choice depends on. */
export interface Circumstances {
  /** Number of trials in the budget; null: no limit. */
  readonly trials: number | null;
  /** Number of trials that can run at a time; 0: not known yet, because no worker has started. */
  readonly atOnce: number;
  /** True if trials are compared by several values or constraints. */
  readonly severalObjectives: boolean;
  /** Number of trials that the study starts from; absent: 0. */
  readonly history?: number;
}

/** Most trials at a time for which guided evolution was found better than evolution. */
const MOST_AT_ONCE = 64;
/** Most trials at a time that are called workers: more are mostly lanes of cards. */
const MOST_WORKERS = 16;

/**
 * Returns the sampler's entry with the choice; the entries of other samplers are returned as is.
 */
export function chosenFor(
  spec: SamplerSpec,
  axes: readonly Axis[],
  circumstances: Circumstances,
): SamplerSpec {
  if (spec.name !== 'auto') return spec;
  return { name: 'auto', ...choiceFor(axes, circumstances) };
}

/**
 * Name of the algorithm of a sampler's entry; `auto` without a recorded choice guides evolution.
 */
export function algorithmOf({ name, uses }: SamplerSpec): string {
  if (name !== 'auto') return name;
  return typeof uses === 'string' ? uses : 'guided-evolution';
}

/** Reason of the recorded choice; null: none is recorded. */
export function reasonOf({ name, because }: SamplerSpec): string | null {
  return name === 'auto' && typeof because === 'string' ? because : null;
}

/** Returns the entry as a study file states it: without a recorded choice. */
export function withoutChoice(spec: SamplerSpec): SamplerSpec {
  return spec.name === 'auto' ? { name: 'auto' } : spec;
}

function choiceFor(
  axes: readonly Axis[],
  { trials, atOnce, severalObjectives, history = 0 }: Circumstances,
): { readonly uses: string; readonly because: string } {
  const parameters = counted(axes.length, 'parameter');
  const budget = trials === null ? 'no limit of trials' : counted(trials, 'trial');
  if (severalObjectives)
    return { uses: 'nsga2', because: `several objectives or constraints, ${parameters}` };
  const { size } = new Enumeration(axes);
  if (trials !== null && size <= trials)
    return { uses: 'grid', because: `${counted(size, 'point')}, ${budget}` };
  if (atOnce > MOST_AT_ONCE)
    return { uses: 'evolution', because: `${together(atOnce)}, ${parameters}, ${budget}` };
  const workers = atOnce === 0 ? '' : `, ${together(atOnce)}`;
  const earlier = history === 0 ? '' : `, ${counted(history, 'trial')} to start from`;
  const because = `${parameters}, ${budget}${workers}${earlier}`;
  return trials !== null && history + trials <= INITIAL
    ? {
        uses: 'guided-evolution',
        because: `${because}; too few to learn from, so all form a Latin hypercube`,
      }
    : { uses: 'guided-evolution', because };
}

function together(atOnce: number): string {
  return atOnce > MOST_WORKERS ? `${atOnce} trials at a time` : counted(atOnce, 'worker');
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
