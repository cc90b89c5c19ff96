/**
 * Proposes every trial of a lab file again, from its number and the completions that its proposal
 * was based on, by the search that the study had then: a search is reproducible whatever was killed
 * meanwhile.
 */
import { samplerOf } from '../../src/core/samplers/after-edit.ts';
import type { Sampler } from '../../src/core/samplers/sampler.ts';
import { axesOf } from '../../src/core/search-space/axis.ts';
import { toParams } from '../../src/core/search-space/params.ts';
import { columnsFor } from '../../src/core/study/columns-for.ts';
import type { EndedState } from '../../src/core/study/row-codes.ts';
import { searchFor, unsearched } from '../../src/core/study/search-edit.ts';
import { readLab } from '../../src/storage/read-lab.ts';

/** Returns the trials whose parameters, operator or parents differ when proposed again. */
export function replayDifferences(file: string, study: string): string[] {
  const reader = readLab(file);
  try {
    const spec = reader.study(study)?.spec;
    if (spec == null) return [`no study ${study} in ${file}`];
    const trials = [...reader.trials(study)];
    const history = reader.history(study);
    const columns = columnsFor(spec, samplerOf(spec));
    for (const { number, encoded, historyLength, origin, reports } of trials) {
      columns.proposed(number, encoded!, historyLength!, origin!);
      columns.reports.addAll(number, reports);
    }
    const ended = trials
      .filter(({ finishSeq }) => finishSeq !== null)
      .toSorted((a, b) => a.finishSeq! - b.finishSeq!);
    for (const { number, state, outcome, value } of ended)
      columns.end(number, state as EndedState, outcome!, value ?? NaN);
    const samplers = new Map<number, Sampler>();
    /** The sampler that proposed a trial: the study's between two edits. */
    const samplerAt = (number: number): Sampler => {
      const edits = (spec.edits ?? []).filter(({ first }) => first <= number);
      const known = samplers.get(edits.length);
      if (known !== undefined) return known;
      const search = searchFor(spec, number);
      const sampler = samplerOf({ ...unsearched(spec), ...search, edits, history });
      samplers.set(edits.length, sampler);
      return sampler;
    };
    const axes = axesOf(spec.searchSpace);
    return trials.flatMap(({ number, params, historyLength, origin }) => {
      const sampler = samplerAt(number);
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
