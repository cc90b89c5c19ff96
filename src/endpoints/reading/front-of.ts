/** Pareto front of a study and its hypervolume over time, from its trials in the lab file. */
import { hypervolumeShares } from '../../core/analysis/hypervolume.ts';
import { oriented } from '../../core/study/domination.ts';
import type { ParetoFront } from '../../protocol/window/reading.ts';
import type { LabReader, StudySummary } from '../../storage/lab-reader.ts';
import { keyOf } from './read-open-lab.ts';

/** Considers complete trials whose values are finite; null: the study has one objective. */
export function frontOf(reader: LabReader, study: StudySummary): ParetoFront | null {
  const front = reader.front(keyOf(study));
  if (front === null) return null;
  const { directions, spec } = study;
  const valued = [...reader.trials(keyOf(study))].flatMap((trial) => {
    const { figures, state } = trial;
    const isValued = state === 'complete' && figures?.values.every(Number.isFinite) === true;
    return isValued ? [{ ...trial, figures }] : [];
  });
  valued.sort((a, b) => (a.finishSeq ?? a.number) - (b.finishSeq ?? b.number));
  const isFeasible = valued.map(({ figures }) => figures.excesses.every((excess) => excess <= 0));
  return {
    objectives: directions.map((direction, i) => ({
      metric: spec?.objectives?.[i]?.metric ?? `objective ${i}`,
      direction,
    })),
    trials: valued.map(({ number }) => number),
    values: valued.map(({ figures }) => [...figures.values]),
    feasible: isFeasible,
    front: front.map(({ number }) => number),
    hypervolume: hypervolumeShares(
      valued.map(({ figures }, i) =>
        isFeasible[i] === true ? oriented(figures.values, directions) : null,
      ),
    ),
  };
}
