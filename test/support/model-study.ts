/**
 * A study that can be checked by hand: one integer parameter, a value that follows from it, and
 * samplers that depend on everything that they may depend on, so that a proposal made from a wrong
 * history is a wrong number.
 */
import type { Proposal, Sampler } from '../../src/core/samplers/sampler.ts';
import type { HistoryView } from '../../src/core/study/history.ts';
import type { Pruning, StudySpec } from '../../src/core/study/study-spec.ts';

const WORST = 99;

export const modelSpec: StudySpec = {
  name: 'model',
  objective: { kind: 'synthetic' },
  direction: 'minimize',
  searchSpace: { x: { type: 'int', low: 0, high: 96 } },
  sampler: { name: 'model' },
  seed: 0,
};

/** Early stopping after one report already, by any better trial. */
export const HALVING: Pruning = {
  pruner: { name: 'asha', first: 1, eta: 2 },
  reason: 'chosen in the study',
  length: 100,
  keeps: 'last',
};

/** Trials pause after epochs 1 and 2 of 4, and the better half goes on. */
export const PROMOTION: Pruning = {
  pruner: { name: 'asha-promotion', first: 1, eta: 2 },
  reason: 'chosen in the study',
  length: 4,
  keeps: 'last',
};

export function modelValue(x: number): number {
  return (x * 7 + 3) % 50;
}

/** The model study by two objectives, the second with a bound. */
export const modelOfTwo: StudySpec = {
  ...modelSpec,
  objectives: [
    { metric: 'value', direction: 'minimize' },
    { metric: 'gain', direction: 'maximize' },
  ],
  constraints: { gain: { 'at least': 8 } },
};

/** Metrics of a result; every seventh lacks one, so that its trial diverges. */
export function modelMetrics(x: number): Readonly<Record<string, number>> {
  return x % 7 === 3 ? {} : { gain: (x * 11 + 5) % 40 };
}

export interface ModelSampler {
  readonly synchronous: boolean;
  /** Size of a generation, which waits for the one before; 0: no barrier. */
  readonly generation: number;
}

export function barrierOf({ generation }: ModelSampler, n: number): number {
  return generation === 0 ? 0 : Math.floor(n / generation) * generation;
}

/**
 * x of trial n, given the values that its sampler was shown, in the order shown.
 * @param edits number of edits of the search before it
 */
export function modelParam(
  kind: ModelSampler,
  n: number,
  shown: readonly number[],
  edits = 0,
): number {
  const base = (kind.synchronous ? 10 + n : 10 + 13 * n) + 41 * edits;
  return (
    shown.reduce(
      (sum, value, i) => sum + (i + 2) * (Number.isFinite(value) ? value : WORST),
      base,
    ) % 97
  );
}

export function createModelSampler(kind: ModelSampler, edits = 0): Sampler {
  const barrier = kind.synchronous ? (n: number) => barrierOf(kind, n) : null;
  return {
    name: 'model',
    window: { kind: 'none' },
    repeats: true,
    barrier,
    size: null,
    propose(first, count, history): readonly Proposal[] {
      return Array.from({ length: count }, (_, i) => ({
        params: Float64Array.of(modelParam(kind, first + i, valuesIn(history), edits)),
        origin: { operator: 'model', parents: [], generation: 0 },
      }));
    },
  };
}

function valuesIn(history: HistoryView): number[] {
  return Array.from({ length: history.count }, (_, i) => history.value(history.completion(i)));
}

/**
 * The list of a synchronous study in which nothing goes wrong: x and value by number.
 * @param editsAt number of edits of the search before a trial
 */
export function idealList(
  kind: ModelSampler,
  trials: number,
  editsAt: (number: number) => number = () => 0,
): { x: number; value: number }[] {
  const list: { x: number; value: number }[] = [];
  for (let n = 0; n < trials; n++) {
    const shown = list
      .slice(0, kind.synchronous ? barrierOf(kind, n) : n)
      .map(({ value }) => value);
    const x = modelParam(kind, n, shown, editsAt(n));
    list.push({ x, value: modelValue(x) });
  }
  return list;
}
