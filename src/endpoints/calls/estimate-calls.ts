/** Estimates how long a study takes: measures it in a child process, and caches the measurement. */
import { availableParallelism } from 'node:os';
import { InvalidInput } from '../../core/errors.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { meaningProblems } from '../../protocol/study-file.ts';
import { estimateDuration, estimateTraining } from '../../studies/estimate-study.ts';
import type { Measured } from '../../studies/estimate-study.ts';
import { measureInProcess } from '../../studies/measure-in-process.ts';
import { objectiveCheck } from '../../studies/objective-check.ts';
import { cpuWorkers } from '../../studies/worker-count.ts';
import { canonicalJson } from '../../training/plan/hash.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';

/** Greatest number of cached measurements; the oldest is dropped first. */
const MOST_KEPT = 32;

export function estimateCalls(deps: CallDeps): Pick<CallHandlers, 'estimate'> {
  const { resources, userFolder, worker } = deps;
  const kept = new Map<string, Measured>();
  return {
    estimate: async ({ study, workers }, { signal }) => {
      const problems = meaningProblems(study, objectiveCheck({ resources, userFolder }));
      if (problems.length > 0) throw new InvalidInput('study', problems);
      const together = workers ?? workersOf(deps);
      const duration = objectiveKind(study.objective.kind)?.duration(study.objective) ?? null;
      if (duration !== null) return estimateDuration(study, together, duration, Date.now());
      // The duration of a trial depends on these only, so another budget or number of workers is
      // answered at once.
      const key = canonicalJson({ objective: study.objective, space: study.searchSpace });
      let measured = kept.get(key);
      if (measured === undefined) {
        const request = { objective: study.objective, space: study.searchSpace, userFolder };
        measured = { study: await measureInProcess(request, signal, worker), at: Date.now() };
        kept.set(key, measured);
        const [oldest] = kept.keys();
        if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
      }
      return estimateTraining(study, together, measured);
    },
  };
}

/** Number of workers of the open lab; if it has none yet, of this machine. */
function workersOf(deps: CallDeps): number {
  const lab = deps.lab();
  const slots = lab === null ? 0 : cpuWorkers(lab.lab);
  return slots > 0 ? slots : availableParallelism();
}
