/** Reads trials from a lab file for a window: one in full, curves of some, deciles of all. */
import type { z } from 'zod';
import { at } from '../../core/at.ts';
import { GalapagosError } from '../../core/errors.ts';
import { scoreKindOf } from '../../core/study/score.ts';
import { storyOutput, trialOutput } from '../../documents/lab-output.ts';
import type { curve, deciles } from '../../protocol/window/reading.ts';
import type { TrialDetail } from '../../protocol/window/reading.ts';
import type { LabReader, StudySummary, TrialRecord, TrialStory } from '../../storage/lab-reader.ts';
import { checkpointsOf, commandLineOf } from '../../studies/command-lines.ts';
import { keyOf } from './read-open-lab.ts';

type Curve = z.output<typeof curve>;
type Deciles = z.output<typeof deciles>;

const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

/** @throws GalapagosError `unknown-trial` */
export function readTrial(
  reader: LabReader,
  study: StudySummary,
  number: number,
  userFolder: string,
): TrialDetail {
  const story = reader.story(keyOf(study), number);
  if (story === null)
    throw new GalapagosError('unknown-trial', `${study.name} has no trial ${number}`, {
      found: number,
    });
  const last = deciding(story);
  return {
    trial: trialOutput(
      story.trial,
      scoreKindOf(study.spec?.objective ?? null, study.spec?.objectives),
    ),
    story: storyOutput(study, story),
    error:
      last === undefined || last.outcome === 'succeeded'
        ? null
        : (last.result?.error ?? last.detail),
    device: last?.result?.device ?? null,
    slot: last?.slot ?? null,
    checkpoints: checkpointsOf(userFolder, study, number),
    command:
      study.spec === null
        ? null
        : commandLineOf(study.spec, number, story.trial.params, {
            study: study.name,
            lab: reader.file,
          }),
  };
}

/** The attempt that ended it, or the last one. */
function deciding({ trial, attempts }: TrialStory): TrialStory['attempts'][number] | undefined {
  return attempts.find(({ attemptNumber }) => attemptNumber === trial.endedBy) ?? attempts.at(-1);
}

/** Curves in the order of the request; unknown trials are skipped. */
export function readCurves(
  reader: LabReader,
  study: StudySummary,
  numbers: readonly number[],
): Curve[] {
  return numbers.flatMap((number) => {
    const trial = reader.story(keyOf(study), number)?.trial;
    return trial === undefined ? [] : [curveOf(trial)];
  });
}

function curveOf({ number, reports }: TrialRecord): Curve {
  return {
    trial: number,
    steps: reports.map(({ step }) => step),
    values: reports.map(({ value }) => (Number.isFinite(value) ? value : null)),
  };
}

/** Deciles of every trial's finite reports; values between two reports are interpolated. */
export function decilesOf(trials: Iterable<Pick<TrialRecord, 'reports'>>): Deciles {
  const byStep = new Map<number, number[]>();
  for (const { reports } of trials) {
    for (const { step, value } of reports) {
      if (!Number.isFinite(value)) continue;
      const values = byStep.get(step);
      if (values === undefined) byStep.set(step, [value]);
      else values.push(value);
    }
  }
  const steps = [...byStep.keys()].sort((a, b) => a - b);
  return {
    steps,
    values: steps.map((step) => {
      const sorted = Float64Array.from(byStep.get(step) ?? []).sort();
      return DECILES.map((share) => quantile(sorted, share));
    }),
  };
}

function quantile(sorted: Float64Array, share: number): number {
  const rank = share * (sorted.length - 1);
  const [below, above] = [at(sorted, Math.floor(rank)), at(sorted, Math.ceil(rank))];
  return below + (above - below) * (rank - Math.floor(rank));
}
