/**
 * Summary at the end of a run, read back from the lab file, so that only durable results are shown.
 */
import { bestPerGeneration } from '../../core/analysis/generations.ts';
import type { Study } from '../../core/scheduling/index.ts';
import { scoreKindOf } from '../../core/study/score.ts';
import { editsOf } from '../../core/study/search-edit.ts';
import { exportedTrials, withSchedules } from '../../documents/best-configs.ts';
import type { Exported } from '../../documents/best-configs.ts';
import { executorsOf } from '../../documents/lab-output.ts';
import { readLab } from '../../storage/read-lab.ts';
import { checkpointsOf, withCommandLines } from '../../studies/command-lines.ts';
import { TOP, exportBest } from '../actions/export-best.ts';
import type { BestTrial, RunStart, RunSummary } from '../display/run-display.ts';
import type { ResolvedRun } from './resolved-run.ts';

/** How a run ended. */
export interface RunEnd {
  readonly state: RunSummary['state'];
  readonly reason: string;
}

interface RunFigures extends RunEnd {
  readonly elapsedMs: number;
  readonly lostAttempts: number;
  readonly settled: RunSummary['settled'];
}

/** The best trial so far of a resumed study, or its Pareto front. */
export function bestSoFar(
  file: string,
  { uid, spec }: Pick<Study, 'uid' | 'spec'>,
): Pick<RunStart, 'best' | 'front'> {
  const reader = readLab(file);
  try {
    const front = reader.front(uid);
    if (front !== null) return { front: exportedTrials(front, spec.objectives) };
    return { best: ranked(exportedTrials(reader.best(uid, 1)))[0] ?? null };
  } finally {
    reader.close();
  }
}

function ranked(best: readonly Exported[]): BestTrial[] {
  return best.flatMap(({ origin, ...trial }) => (origin === null ? [] : [{ origin, ...trial }]));
}

/**
 * Reads the summary, and writes the best configurations if requested. The lab must be closed or at
 * rest.
 */
export function summarise(
  run: ResolvedRun,
  { uid, spec }: Study,
  end: RunFigures,
  userFolder: string,
): RunSummary {
  const reader = readLab(run.lab);
  try {
    const counts = reader.study(uid)?.counts;
    const found = reader.front(uid) ?? reader.best(uid, TOP);
    const exported = withSchedules(exportedTrials(found, spec.objectives), spec, () =>
      reader.trials(uid),
    );
    const best = ranked(withCommandLines(spec, exported, { study: spec.name, lab: reader.file }));
    const checkpoints = checkpointsOf(userFolder, { uid, spec }, best[0]?.trial);
    const energy = reader.energy(uid);
    const earlyStops = reader.earlyStops(uid);
    if (run.exportTo !== null)
      exportBest(
        run.exportTo,
        {
          ...spec,
          edits: editsOf(spec),
          ...scoreKindOf(spec.objective, spec.objectives),
          energy,
        },
        best,
      );
    return {
      study: spec.name,
      ...end,
      complete: counts?.complete ?? 0,
      pruned: counts?.pruned ?? 0,
      failed: counts?.failed ?? 0,
      energy,
      ...(earlyStops === undefined ? {} : { earlyStops }),
      executors: executorsOf(found),
      best,
      ...(checkpoints === null ? {} : { checkpoints }),
      generations:
        spec.sampler.name === 'generational'
          ? bestPerGeneration(reader.trials(uid), spec.direction)
          : null,
      written: { lab: run.lab, bestConfigs: run.exportTo },
      resumeCommand: end.state === 'finished' ? null : run.resumeCommand,
    };
  } finally {
    reader.close();
  }
}
