/**
 * Asynchronous steady-state evolution.
 */
import { PURPOSE, Stream } from '../random.ts';
import { isActive } from '../search-space/activity.ts';
import type { Axis } from '../search-space/axis.ts';
import { cellOfValue, valueOfCell } from '../search-space/axis.ts';
import { fromUnit, toUnit } from '../search-space/unit-cube.ts';
import type { HistoryView } from '../study/history.ts';
import { Distinct } from './distinct.ts';
import type { Proposal, Sampler } from './sampler.ts';
import { uniformPoint } from './uniform-point.ts';

export interface EvolutionSettings {
  readonly initial: number;
  readonly population: number;
  readonly tournament: number;
  readonly crossover: number;
  readonly sigma: number;
}

export function evolution(axes: readonly Axis[], seed: number, settings: EvolutionSettings): Sampler {
  const distinct = new Distinct(axes, seed);
  const founder = (number: number, retry: number): Proposal => ({
    params: uniformPoint(axes, new Stream(seed, { purpose: PURPOSE.params, trial: number + 1, ordinal: retry })),
    origin: { operator: 'uniform', parents: [], generation: 0 },
  });
  return {
    name: 'evolution',
    window: { kind: 'best', count: settings.population },
    repeats: false,
    barrier: null,
    size: null,
    propose: (first, count, history) => {
      const population = history.best(settings.population).filter((number) => Number.isFinite(history.value(number)));
      return distinct.propose(first, count, history, (number, retry) => {
        if (number < settings.initial || population.length === 0) return founder(number, retry);
        return bred(axes, settings, population, history, new Stream(seed, { purpose: PURPOSE.mutate, trial: number + 1, ordinal: retry }));
      });
    },
  };
}

function bred(
  axes: readonly Axis[],
  settings: EvolutionSettings,
  population: readonly number[],
  history: HistoryView,
  stream: Stream,
): Proposal {
  const winner = (): number => {
    let place = population.length;
    for (let i = 0; i < settings.tournament; i++) place = Math.min(place, stream.below(population.length));
    return population[place] ?? 0;
  };
  const first = winner();
  const crossed = stream.uniform() < settings.crossover;
  const second = crossed ? winner() : first;
  const a = history.params(first) ?? new Float64Array();
  const b = history.params(second) ?? new Float64Array();
  const child = new Float64Array(axes.length);
  const movable: number[] = [];
  for (const axis of axes) {
    const [x, y] = [a[axis.index] ?? NaN, b[axis.index] ?? NaN];
    child[axis.index] = Number.isNaN(x) || (stream.uniform() < 0.5 && !Number.isNaN(y)) ? y : x;
    if (!Number.isNaN(child[axis.index] ?? NaN) && axis.low !== axis.high) movable.push(axis.index);
  }
  const forced = movable[stream.below(Math.max(1, movable.length))];
  for (const axis of axes) {
    const value = child[axis.index] ?? NaN;
    if (!isActive(axis, child)) child[axis.index] = NaN;
    else if (Number.isNaN(value)) child[axis.index] = fromUnit(axis, stream.uniform53());
    else if (axis.index === forced || (axis.low !== axis.high && stream.uniform() < 1 / movable.length))
      child[axis.index] = moved(axis, value, settings.sigma, stream);
  }
  const parents = first === second ? [first] : [first, second];
  return {
    params: child,
    origin: {
      operator: parents.length > 1 ? 'crossover+mutation' : 'mutation',
      parents,
      generation: 1 + Math.max(...parents.map((parent) => history.generation(parent))),
    },
  };
}

function moved(axis: Axis, value: number, sigma: number, stream: Stream): number {
  if (axis.kind === 'categorical') {
    const other = stream.below(axis.cells - 1);
    return other < value ? other : other + 1;
  }
  const step = sigma * stream.normal();
  const target = fromUnit(axis, reflected(toUnit(axis, value) + step));
  if (axis.kind === 'continuous' || target !== value) return target;
  const cell = cellOfValue(axis, value);
  const next = cell + (step < 0 ? -1 : 1);
  return valueOfCell(axis, next < 0 ? 1 : next >= axis.cells ? axis.cells - 2 : next);
}

/** Into [0, 1], as between two mirrors. */
function reflected(unit: number): number {
  const folded = Math.abs(unit) % 2;
  return folded > 1 ? 2 - folded : folded;
}
