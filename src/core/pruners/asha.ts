/**
 * Asynchronous successive halving that stops trials (Li et al., arXiv 1810.05934): at rungs
 * first · ηᵏ a trial goes on while fewer than η trials reached the rung, or fewer than max(1, n/η)
 * of its n trials are strictly better. Reports between rungs decide nothing; a report that skips
 * rungs counts at the highest of them, once.
 */
import { signOf } from './pruner.ts';
import type { PrunedTrials, Pruner } from './pruner.ts';
import { below, SortedSamples } from './sorted-samples.ts';

export interface HalvingSettings {
  /** Epochs of the first rung. */
  readonly first: number;
  /** One of this many trials goes on at a rung. */
  readonly eta: number;
}

/**
 * Returns the highest rung at or below a number of epochs; null: there is none.
 * @param length epochs of a whole training, at which no rung is; null: not known
 */
export function rungAt(
  { first, eta }: HalvingSettings,
  length: number | null,
  epochs: number,
): number | null {
  const isRung = (rung: number): boolean => rung <= epochs && (length === null || rung < length);
  if (!isRung(first)) return null;
  let rung = first;
  while (isRung(rung * eta)) rung *= eta;
  return rung;
}

export function asha(settings: HalvingSettings, length: number | null): Pruner {
  const halving = new Halving(settings, length, () => true);
  return { name: 'asha', stops: (trials, number) => halving.stops(trials, number) };
}

/** Successive halving among the trials of one bracket. */
export class Halving {
  readonly #settings: HalvingSettings;
  readonly #length: number | null;
  readonly #isOurs: (number: number) => boolean;
  readonly #ended: SortedSamples;

  constructor(
    settings: HalvingSettings,
    length: number | null,
    isOurs: (number: number) => boolean,
  ) {
    this.#settings = settings;
    this.#length = length;
    this.#isOurs = isOurs;
    this.#ended = new SortedSamples((trials, number, rung) => this.#entry(trials, number, rung));
  }

  stops(trials: PrunedTrials, number: number): boolean {
    const { reports } = trials;
    const last = reports.last(number);
    if (last === null) return false;
    if (!Number.isFinite(last.value)) return true;
    const rung = this.#rungAt(last.step);
    if (rung === null || this.#entryStep(trials, number, rung) !== last.step) return false;
    const own = signOf(trials) * last.value;
    const ended = this.#ended.at(trials, rung);
    let [entries, better] = [ended.length, below(ended, own)];
    for (const open of trials.open) {
      const entry = this.#entry(trials, open, rung);
      if (entry === null) continue;
      entries += 1;
      better += Number(entry < own);
    }
    const { eta } = this.#settings;
    return entries >= eta && better >= Math.max(1, Math.floor(entries / eta));
  }

  #rungAt(step: number): number | null {
    return rungAt(this.#settings, this.#length, step + 1);
  }

  /** Value, to be minimized, with which a trial reached a rung; null: it did not. */
  #entry(trials: PrunedTrials, number: number, rung: number): number | null {
    if (!this.#isOurs(number)) return null;
    const step = this.#entryStep(trials, number, rung);
    const value = step === null ? null : (trials.reports.latest(number, step)?.value ?? null);
    return value === null || !Number.isFinite(value) ? null : signOf(trials) * value;
  }

  /** Step of the trial's first report at this rung and below the next; null: none. */
  #entryStep({ reports }: PrunedTrials, number: number, rung: number): number | null {
    const count = reports.count(number);
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (reports.at(number, middle).step + 1 < rung) low = middle + 1;
      else high = middle;
    }
    if (low >= count) return null;
    const { step } = reports.at(number, low);
    return this.#rungAt(step) === rung ? step : null;
  }
}
