/**
 * Renames, annotates, deletes, restores and removes studies of a lab that is open for writing. A
 * study and those that confirm it are deleted, restored and removed together.
 */
import { GalapagosError } from '../core/errors.ts';
import { isAtRest } from '../core/scheduling/index.ts';
import type { Study } from '../core/scheduling/index.ts';
import type { Coordinator } from '../coordinator/coordinator.ts';
import { removeStudyFiles } from '../lab/study-files.ts';
import { confirming } from './confirms-of.ts';
import { decideOrThrow } from './decide-or-throw.ts';
import { freeName, takenText } from '../core/free-name.ts';

/** Absent fields stay unchanged. */
export interface Description {
  readonly name?: string;
  readonly note?: string;
  readonly deleted?: boolean;
}

/**
 * @param names of all studies in the file, those of other programs included
 * @throws GalapagosError `unknownStudy`, `nameTaken` (with a free name), `notAllowedNow`
 */
export function describeStudy(
  coordinator: Coordinator,
  uid: string,
  change: Description,
  names: ReadonlySet<string>,
): void {
  const { spec } = knownStudy(coordinator, uid);
  const { name, deleted } = change;
  if (name !== undefined && name !== spec.name && names.has(name)) {
    const free = freeName(names, name);
    throw new GalapagosError('name-taken', takenText(name, free), {
      study: uid,
      found: name,
      free,
    });
  }
  const confirmations = deleted === undefined ? [] : confirming(coordinator.lab, uid);
  if (deleted === true) for (const confirmation of confirmations) refuseBusy(confirmation);
  decideOrThrow(coordinator, { type: 'studyDescribed', study: uid, ...change });
  if (deleted === undefined) return;
  for (const confirmation of confirmations)
    decideOrThrow(coordinator, { type: 'studyDescribed', study: confirmation.uid, deleted });
}

/**
 * Removes a deleted study from the file with its output, checkpoints and snapshot, yielding to the
 * event loop.
 * @param userFolder absolute path of this user's folder
 * @throws GalapagosError `unknownStudy`; `notAllowedNow` where it is not deleted; `no-lab` where
 *   the lab is closed meanwhile
 */
export async function removeStudy(
  coordinator: Coordinator,
  uid: string,
  userFolder: string,
): Promise<void> {
  knownStudy(coordinator, uid);
  const confirmations = confirming(coordinator.lab, uid).filter(({ deleted }) => deleted);
  for (const { uid: study } of confirmations) await removeOne(coordinator, study, userFolder);
  await removeOne(coordinator, uid, userFolder);
}

/** Continues removals that a quit or a kill interrupted. */
export async function continueRemovals(
  coordinator: Coordinator,
  userFolder: string,
): Promise<void> {
  for (const { uid, removedFrom } of [...coordinator.lab.studies.values()])
    if (removedFrom !== null) await removeOne(coordinator, uid, userFolder);
}

async function removeOne(coordinator: Coordinator, uid: string, userFolder: string): Promise<void> {
  // Files first: a removal that is interrupted is continued as long as the study is in the lab
  // file.
  const removable = coordinator.lab.studies.get(uid);
  if (removable?.deleted === true && removable.lanes === 0)
    await removeStudyFiles(userFolder, removable);
  coordinator.discard({ study: uid, trial: null, keep: null });
  for (
    let study = coordinator.lab.studies.get(uid);
    study !== undefined;
    study = coordinator.lab.studies.get(uid)
  ) {
    const before = study.removedFrom;
    decideOrThrow(coordinator, { type: 'studyRemoved', study: uid });
    if (study.removedFrom === before)
      throw new GalapagosError('no-lab', 'the lab was closed before the study was removed');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function refuseBusy(study: Study): void {
  if (isAtRest(study)) return;
  throw new GalapagosError(
    'not-allowed-now',
    `${study.spec.name}, which confirms the study, is ${study.state}; stop it first`,
    {
      study: study.uid,
    },
  );
}

function knownStudy({ lab }: Coordinator, uid: string): Study {
  const study = lab.studies.get(uid);
  if (study !== undefined) return study;
  throw new GalapagosError(
    'unknown-study',
    `there is no study ${uid} in this lab that could be changed`,
    { study: uid },
  );
}
