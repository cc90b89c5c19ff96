/** Reads the results of confirmations of a study from the lab file. */
import { confirmationOf } from '../core/analysis/confirmation.ts';
import type { Configuration } from '../core/analysis/confirmation.ts';
import { directionOf } from '../documents/lab-output.ts';
import { trainObjective } from '../protocol/objective.ts';
import type { Confirmation } from '../protocol/window/reading.ts';
import type { LabReader, StudySummary, TrialRecord } from '../storage/lab-reader.ts';
import { confirmsOf } from './confirms-of.ts';

/** Confirmations, newest last. */
export function readConfirmations(reader: LabReader, study: StudySummary): Confirmation[] {
  const all = reader.studies();
  const about = (of: StudySummary): ReturnType<typeof confirmsOf> =>
    of.spec === null ? null : confirmsOf(of.spec.objective);
  return all.flatMap((each) => {
    const confirms = about(each);
    if (each.uid === null || confirms?.study !== study.uid || confirms.of !== undefined) return [];
    const tests = all.find((other) => about(other)?.of === each.uid);
    const trials = [...reader.trials(each.uid)];
    const winner = tests?.uid == null ? undefined : [...reader.trials(tests.uid)][0];
    const seeds = configurationsOf(trials, confirms.trials);
    const { configurations, p } = confirmationOf(seeds, directionOf(each));
    return [
      {
        study: each.uid,
        done: trials.filter(
          ({ state }) => state === 'complete' || state === 'failed' || state === 'pruned',
        ).length,
        of: each.limit ?? trials.length,
        configurations: configurations.map(({ trial, mean, interval }) => {
          const values = seeds.find((one) => one.trial === trial)?.values ?? [];
          return {
            trial,
            values: values.flatMap((value) =>
              value !== null && Number.isFinite(value) ? [value] : [],
            ),
            mean,
            interval,
          };
        }),
        p,
        test: winner === undefined ? null : onTest(each, winner),
      },
    ];
  });
}

/**
 * Confirmed configurations in the order of their points. @param confirmed the trials that are
 * trained again
 */
export function configurationsOf(
  trials: readonly Pick<TrialRecord, 'number' | 'value' | 'outcome' | 'origin'>[],
  confirmed: readonly number[],
): Configuration[] {
  const values = confirmed.map((): (number | null)[] => []);
  for (const { number, value, outcome, origin } of trials) {
    // Trials that a sampler drew are no repetition of a chosen configuration.
    if (origin?.operator !== 'enqueued') continue;
    const seeds = values[number % confirmed.length];
    const finite =
      value !== null && Number.isFinite(value) ? value : outcome === 'diverged' ? NaN : null;
    if (seeds !== undefined) seeds[Math.floor(number / confirmed.length)] = finite;
  }
  return confirmed.map((trial, i) => ({
    trial,
    values: Array.from(values[i] ?? [], (value) => value ?? null),
  }));
}

/** The study's metric on the test set; null: not evaluated yet. */
function onTest({ spec }: StudySummary, { result }: TrialRecord): number | null {
  const metric =
    spec === null
      ? 'accuracy'
      : (trainObjective.safeParse(spec.objective).data?.metric ?? 'accuracy');
  const value = result?.metrics?.[metric === 'loss' ? 'testLoss' : 'testAccuracy'];
  return typeof value === 'number' ? value : null;
}
