/**
 * Edits of a study's search while it runs or rests. Trials that were proposed before keep their
 * points; a proposal that is being computed is dropped, because it belongs to the search before.
 * `protocol/search-edit.ts` checks an edit before it becomes an event.
 */
import { specAfterEdit } from '../samplers/after-edit.ts';
import { differences, searchOf } from '../study/search-edit.ts';
import type { Event } from './events.ts';
import { createPruning } from './pruning.ts';
import type { LabState } from './state.ts';
import { show, write } from './step-output.ts';
import { enforceRules, setLimit, wantedLimit } from './stop-rules.ts';
import { find, isRefusedAsDeleted, refuse } from './study-commands.ts';

export function searchEdited(
  lab: LabState,
  { type, study: uid, search, date, request, counted }: Extract<Event, { type: 'searchEdited' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null || isRefusedAsDeleted(lab, type, study)) return;
  if (study.state === 'ending') {
    refuse(lab, type, uid, 'not-allowed-now', `the study is ending (${study.reason ?? ''})`);
    return;
  }
  const before = searchOf(study.spec);
  const { spec, edit } = specAfterEdit(study.spec, search, {
    columns: study.columns,
    date,
    samplerFor: lab.options.samplerFor,
    counted,
  });
  study.spec = spec;
  if (edit.told !== null) {
    study.sampler = lab.options.samplerFor(spec);
    study.asking = null;
    study.exhausted = false;
  }
  if (JSON.stringify(before.pruning) !== JSON.stringify(search.pruning))
    study.pruning = createPruning(study.spec, () => study);
  write(lab, {
    op: 'searchEdited',
    uid,
    spec: study.spec,
    ...(request === undefined ? {} : { request }),
  });
  show(lab, study, {
    kind: 'searchEdited',
    first: edit.first,
    told: edit.told,
    differences: differences(before, searchOf(study.spec)),
  });
  setLimit(lab, study, wantedLimit(study));
  enforceRules(lab, study);
}
