/**
 * Answers how long a study takes: measured in a process of its own, and the same study again from
 * what was kept.
 */
import { availableParallelism } from 'node:os';
import { InvalidInput } from '../../core/errors.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { meaningProblems } from '../../protocol/study-file.ts';
import { estimateDuration, estimateTraining } from '../../studies/estimate-study.ts';
import type { Measured } from '../../studies/estimate-study.ts';
import { measureInProcess } from '../../studies/measure-in-process.ts';
import { objectiveCheck } from '../../studies/objective-check.ts';
import { canonicalJson } from '../../training/plan/hash.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';

/** Studies whose measurement is kept; the oldest goes first. */
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
      // What a trial takes depends on these alone: another budget or number of workers is answered
      // at once.
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

/** Those of the lab that is open, unless it has none yet. */
function workersOf(deps: CallDeps): number {
  const slots = deps.lab()?.lab.slots.size ?? 0;
  return slots > 0 ? slots : availableParallelism();
}
