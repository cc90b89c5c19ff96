/**
 * Asynchronous successive halving that promotes trials (Li et al., arXiv 1810.05934, algorithm 2):
 * every trial pauses at each rung first · ηᵏ. A free worker goes on with the best trial of the
 * highest rung that is among the best ⌊n/η⌋ of the rung's n trials and has not been promoted; only
 * where there is none, a new trial starts. Promoted trials still count among the n trials
 * of the rung.
 */
import { rungAt } from './asha.ts';
import type { HalvingSettings } from './asha.ts';
import { signOf } from './pruner.ts';
import type { PrunedTrials, Pruner } from './pruner.ts';

export function ashaPromotion(settings: HalvingSettings, length: number): Pruner {
  const next = (epochs: number): number | null => {
    const rung = rungAt(settings, length, epochs);
    const following = rung === null ? settings.first : rung * settings.eta;
    return following < length ? following : null;
  };
  const rungs: number[] = [];
  for (let rung = next(0); rung !== null; rung = next(rung)) rungs.unshift(rung);
  return {
    name: 'asha-promotion',
    stops: () => false,
    promotion: {
      next,
      promoted: (trials, pausedAt) => {
        for (const rung of rungs) {
          const entries = entriesAt(trials, rung);
          const best = entries.slice(0, Math.floor(entries.length / settings.eta));
          const found = best.find((number) => pausedAt(number) === rung);
          if (found !== undefined) return found;
        }
        return null;
      },
      leader: (trials, pausedAt) => {
        for (const rung of rungs) {
          const found = entriesAt(trials, rung).find((number) => pausedAt(number) === rung);
          if (found !== undefined) return found;
        }
        return null;
      },
    },
  };
}

/** The trials that reached a rung with a finite value, best first, ties by smaller number. */
function entriesAt(trials: PrunedTrials, rung: number): number[] {
  const sign = signOf(trials);
  const entries: { readonly number: number; readonly value: number }[] = [];
  const add = (number: number): void => {
    const report = trials.reports.latest(number, rung - 1);
    if (report?.step === rung - 1 && Number.isFinite(report.value))
      entries.push({ number, value: sign * report.value });
  };
  for (let i = 0; i < trials.ended; i++) add(trials.completion(i));
  for (const number of trials.open) add(number);
  return entries
    .sort((a, b) => a.value - b.value || a.number - b.number)
    .map(({ number }) => number);
}
