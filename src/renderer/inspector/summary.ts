/**
 * Figures about the population: which operators improved the best value, the elite, and whether
 * continuing is worthwhile. Pure; computed at most once a second.
 */
import { diversityOf } from '../../core/analysis/diversity.ts';
import { noiseOfNeighbours } from '../../core/analysis/noise.ts';
import type { Noise } from '../../core/analysis/noise.ts';
import { operatorRecords } from '../../core/analysis/operators.ts';
import type { OperatorRecord } from '../../core/analysis/operators.ts';
import { worthOf } from '../../core/analysis/worth.ts';
import type { Worth } from '../../core/analysis/worth.ts';
import type { Population } from '../state/population.ts';
import { bestTrials } from './best-trials.ts';

export interface Ranked {
  readonly number: number;
  readonly value: number;
  /** Position on the value scale; NaN when the trial has none. */
  readonly unit: number;
  readonly operator: string;
  readonly generation: number;
}

/** The elite, or the best trials when the sampler has no parents. */
export interface Survivors {
  /** True if the sampler breeds from the elite; otherwise the best trials are listed. */
  readonly breeds: boolean;
  /** Size of the elite; the list may be shorter. */
  readonly alive: number;
  /** Size of the Pareto front, which is listed then; null for a study with one objective. */
  readonly front: number | null;
  readonly listed: readonly Ranked[];
  /** 0 to 1, see `core/analysis/diversity.ts`; null when unknown or without parents. */
  readonly diversity: number | null;
}

export interface Summary {
  /** Operators that produced offspring; empty when the sampler has no parents. */
  readonly operators: readonly OperatorRecord[];
  readonly worth: Worth | null;
  readonly noise: Noise | null;
}

/** Maximum length of the list. */
const MOST_ALIVE = 24;
const MOST_BEST = 10;

/**
 * Cheap when the sampler has an elite, so it may follow every result. Otherwise it reads every
 * trial.
 */
export function survivorsOf(population: Population): Survivors {
  const { table, direction, pool, axes, alive, front } = population;
  const breeds = pool !== null && front === null;
  const numbers = breeds
    ? alive.slice(0, MOST_ALIVE)
    : front === null
      ? bestTrials(table, direction, MOST_BEST)
      : [...front].filter((number) => table.has(number)).slice(0, MOST_ALIVE);
  const listed = numbers.map((number) => ({
    number,
    value: table.value(number),
    unit: population.unitOf(number),
    operator: population.operator(number),
    generation: table.generation(number),
  }));
  const diversity = breeds
    ? diversityOf(
        axes,
        alive.map((number) => table.params(number)),
      )
    : null;
  return {
    breeds,
    alive: breeds ? alive.length : 0,
    front: front?.size ?? null,
    listed,
    diversity,
  };
}

/**
 * Reads every trial.
 * @param measured noise of configurations that were trained on several seeds; null when there are
 * none
 */
export function summaryOf(population: Population, measured: Noise | null): Summary {
  const { table, direction, pool, axes } = population;
  if (pool === null) return { operators: [], worth: null, noise: null };
  const operators = operatorRecords({
    direction,
    size: table.size,
    operator: (number) => population.operator(number),
    parents: (number) => table.parents(number),
    hasEnded: (number) => table.has(number) && !table.isOpen(number),
    value: (number) => table.ranked(number, direction),
  }).filter(({ judged }) => judged > 0);
  const noise = measured ?? neighbourNoise(population, axes);
  const ended = {
    direction,
    ended: table.ended,
    completion: (i: number) => table.completion(i),
    value: (number: number) => table.ranked(number, direction),
  };
  return { operators, worth: worthOf(ended, pool, noise), noise };
}

function neighbourNoise({ table, direction }: Population, axes: Population['axes']): Noise | null {
  const numbers: number[] = [];
  for (let i = table.ended - 1; i >= 0 && numbers.length < 400; i--) {
    const number = table.completion(i);
    if (table.isFinite(number)) numbers.push(number);
  }
  numbers.reverse();
  return noiseOfNeighbours(
    axes,
    numbers.map((number) => table.params(number)),
    numbers.map((number) => table.value(number)),
    (a, b) => (direction === 'maximize' ? a > b : a < b),
  );
}
