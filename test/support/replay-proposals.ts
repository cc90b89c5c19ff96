/**
 * Proposes every trial of a lab file again, from its number and the completions that its proposal
 * was based on: a search is reproducible whatever was killed meanwhile.
 */
import { createSampler } from '../../src/core/samplers/create-sampler.ts';
import { axesOf } from '../../src/core/search-space/axis.ts';
import { toParams } from '../../src/core/search-space/params.ts';
import type { EndedState } from '../../src/core/study/row-codes.ts';
import { TrialColumns } from '../../src/core/study/trial-columns.ts';
import { readLab } from '../../src/storage/read-lab.ts';

/** Returns the trials whose parameters, operator or parents differ when proposed again. */
export function replayDifferences(file: string, study: string): string[] {
  const reader = readLab(file);
  try {
    const spec = reader.study(study)?.spec;
    if (spec == null) return [`no study ${study} in ${file}`];
    const { searchSpace, direction, seed } = spec;
    const trials = [...reader.trials(study)];
    const sampler = createSampler(
      spec.sampler,
      searchSpace,
      direction,
      seed,
      reader.history(study),
    );
    const columns = new TrialColumns(searchSpace, direction, sampler.window);
    for (const { number, encoded, historyLength, origin, reports } of trials) {
      columns.proposed(number, encoded!, historyLength!, origin!);
      columns.reports.addAll(number, reports);
    }
    const ended = trials
      .filter(({ finishSeq }) => finishSeq !== null)
      .toSorted((a, b) => a.finishSeq! - b.finishSeq!);
    for (const { number, state, outcome, value } of ended)
      columns.end(number, state as EndedState, outcome!, value ?? NaN);
    const axes = axesOf(searchSpace);
    return trials.flatMap(({ number, params, historyLength, origin }) => {
      const view =
        sampler.barrier === null
          ? columns.asynchronousView(historyLength!)
          : columns.synchronousView(sampler.barrier(number));
      const [proposal] = sampler.propose(number, 1, view);
      const found = JSON.stringify([params, origin?.operator, origin?.parents]);
      const again =
        proposal === undefined
          ? 'nothing'
          : JSON.stringify([
              toParams(axes, proposal.params),
              proposal.origin.operator,
              proposal.origin.parents,
            ]);
      return found === again ? [] : [`trial ${number}: ${found}, proposed again ${again}`];
    });
  } finally {
    reader.close();
  }
}
