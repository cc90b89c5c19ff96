/**
 * Models of a study's values, with or without a power transformation. The hyperparameters are
 * fitted to a prefix of the completions and kept until more completions call for another fit; they
 * depend on the history alone.
 */
import type { EncodedParams } from '../../search-space/distribution.ts';
import type { HistoryView } from '../../study/history.ts';
import type { Coordinates } from './coordinates.ts';
import { fitted } from './fit.ts';
import { Posterior } from './posterior.ts';
import { costOf, FEWEST_VALUES, fitBasis, trainingSet } from './training-set.ts';
import { imputed, transformed } from './values.ts';
import type { Transformed } from './values.ts';

/** Trials in a fit, in a model, and in a model of a study with more than `MANY` completions. */
const IN_FIT = 96;
const IN_MODEL = 128;
const IN_LARGE_MODEL = 64;
/** Number of completions above which an ask takes less time. */
export const MANY = 500;

export interface Model {
  readonly posterior: Posterior;
  readonly transformed: Transformed;
  /** Smallest value of the ended trials and the predicted ones of running trials. */
  readonly best: number;
}

interface Fit {
  readonly basis: number;
  readonly theta: Float64Array;
}

export class Models {
  readonly #coordinates: Coordinates;
  readonly #additive: boolean;
  readonly #fits: { plain: Fit | null; power: Fit | null } = { plain: null, power: null };

  /** @param additive whether the kernel has a sum of kernels of one parameter each */
  constructor(coordinates: Coordinates, additive = true) {
    this.#coordinates = coordinates;
    this.#additive = additive;
  }

  /** @param running points of running trials, by number */
  model(history: HistoryView, running: readonly EncodedParams[], power: boolean): Model {
    const { count } = history;
    const theta = this.#theta(history, power);
    const chosen = trainingSet(history, count, count <= MANY ? IN_MODEL : IN_LARGE_MODEL);
    const values = valuesOf(history, chosen, power);
    const posterior = new Posterior(
      this.#coordinates.axes,
      theta,
      this.#coordinates.rows([...pointsOf(history, chosen), ...running]),
      values.values,
    );
    let best = Infinity;
    for (const value of values.values) best = Math.min(best, value);
    for (const value of posterior.believed) best = Math.min(best, value);
    return { posterior, transformed: values, best };
  }

  #theta(history: HistoryView, power: boolean): Float64Array {
    const kind = power ? 'power' : 'plain';
    const basis = enoughValues(history, fitBasis(history.count));
    const known = this.#fits[kind];
    if (known?.basis === basis) return known.theta;
    const chosen = trainingSet(history, basis, IN_FIT);
    const theta = fitted(
      this.#coordinates.axes,
      this.#coordinates.rows(pointsOf(history, chosen)),
      valuesOf(history, chosen, power).values,
      this.#additive,
    );
    this.#fits[kind] = { basis, theta };
    return theta;
  }
}

/** Returns whether enough trials ended with a finite value for a model. */
export function canModel(history: HistoryView): boolean {
  const best = history.best(FEWEST_VALUES);
  return (
    best.length === FEWEST_VALUES && best.every((number) => Number.isFinite(history.value(number)))
  );
}

/** The smallest prefix of at least `basis` completions that has enough finite values. */
function enoughValues(history: HistoryView, basis: number): number {
  let finite = 0;
  for (let i = 0; i < history.count; i++) {
    if (Number.isFinite(costOf(history, i))) finite += 1;
    if (finite >= FEWEST_VALUES) return Math.max(basis, i + 1);
  }
  throw new RangeError('the history has too few finite values for a model');
}

function valuesOf(history: HistoryView, chosen: readonly number[], power: boolean): Transformed {
  return transformed(imputed(Float64Array.from(chosen, (i) => costOf(history, i))), power);
}

function pointsOf(history: HistoryView, chosen: readonly number[]): EncodedParams[] {
  return chosen.map((i) => {
    const params = history.params(history.completion(i));
    if (params === null) throw new RangeError('the history lacks the parameters of a trial');
    return params;
  });
}
