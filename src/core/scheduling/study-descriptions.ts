/**
 * Name, note and deletion of a study, set by the user. They do not affect the search, so they may
 * change while the study runs; deleting requires a study that does not run. Removal deletes a study
 * from the lab for good, one piece in each event, so that no step writes more than a piece.
 */
import { trialsOf } from './dormant.ts';
import type { Event } from './events.ts';
import type { LabState, Study } from './state.ts';
import { show, write } from './step-output.ts';
import { find, refuse } from './study-commands.ts';

/** Number of trials that one event removes. */
const PIECE = 500;

/** Returns whether no attempt of the study is live, and none will be without a command. */
export function isAtRest({ state }: Pick<Study, 'state'>): boolean {
  return state === 'paused' || state === 'finished';
}

export function studyDescribed(
  lab: LabState,
  event: Extract<Event, { type: 'studyDescribed' }>,
): void {
  const { type, study: uid } = event;
  const study = find(lab, type, uid);
  if (study === null) return;
  const { name = study.spec.name, note = study.note, deleted = study.deleted } = event;
  if (study.removedFrom !== null)
    refuse(lab, type, uid, 'not-allowed-now', 'the study is being removed');
  else if (isTaken(lab, study, name))
    refuse(lab, type, uid, 'name-taken', `there is a study named ${JSON.stringify(name)} already`);
  else if (deleted && !isAtRest(study)) {
    refuse(
      lab,
      type,
      uid,
      'not-allowed-now',
      `the study is ${study.state}; stop or pause it before you delete it`,
    );
  } else if (name !== study.spec.name || note !== study.note || deleted !== study.deleted) {
    study.spec = { ...study.spec, name };
    study.note = note;
    study.deleted = deleted;
    write(lab, { op: 'description', uid, name, note, deleted });
    show(lab, study, { kind: 'studyDescribed', name, note, deleted });
  }
}

export function studyRemoved(
  lab: LabState,
  { type, study: uid }: Extract<Event, { type: 'studyRemoved' }>,
): void {
  const study = find(lab, type, uid);
  if (study === null) return;
  if (!study.deleted) {
    refuse(
      lab,
      type,
      uid,
      'not-allowed-now',
      'only a deleted study can be removed for good; delete it first',
    );
    return;
  }
  if (study.lanes > 0) {
    refuse(
      lab,
      type,
      uid,
      'not-allowed-now',
      'a worker has not yet ended a trial of the study; try again in a moment',
    );
    return;
  }
  const from = Math.max(0, Math.min(study.removedFrom ?? Infinity, trialsOf(study)) - PIECE);
  study.removedFrom = from;
  write(lab, { op: 'trialsRemoved', uid, from });
  if (from > 0) return;
  lab.studies.delete(uid);
  for (const [node, mismatches] of lab.mismatches)
    lab.mismatches.set(
      node,
      mismatches.filter((mismatch) => mismatch.uid !== uid),
    );
  write(lab, { op: 'studyRemoved', uid });
  show(lab, study, { kind: 'studyRemoved' });
}

function isTaken(lab: LabState, study: Study, name: string): boolean {
  for (const other of lab.studies.values())
    if (other !== study && other.spec.name === name) return true;
  return false;
}
