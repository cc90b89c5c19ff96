/**
 * Edits of a study's search: checks a change against the study as it is at that moment, and has the
 * scheduler apply it. Takes in the edits that other programs request in the lab file.
 */
import { InvalidInput } from '../core/errors.ts';
import type { Problem } from '../core/errors.ts';
import { countInside } from '../core/samplers/after-edit.ts';
import type { CountedTrials } from '../core/samplers/after-edit.ts';
import { trialsAtOnce } from '../core/scheduling/index.ts';
import type { LabState, Study } from '../core/scheduling/index.ts';
import { sameProposals, searchOf } from '../core/study/search-edit.ts';
import type { Search, SearchChange } from '../core/study/search-edit.ts';
import { parse } from '../protocol/problems.ts';
import { editedSearch } from '../protocol/search-edit.ts';
import { searchChange } from '../protocol/search-edit-request.ts';
import type { ObjectiveCheck } from '../protocol/study-file.ts';
import { turn } from '../runtime/turn.ts';
import type { LabStorage } from '../storage/storage.ts';
import type { Coordinator, Refused } from './coordinator.ts';

/** Milliseconds of one uninterrupted part of counting trials. */
const COUNTING_TURN_MS = 1;

export interface EditOptions {
  readonly checkObjective: ObjectiveCheck;
  /** Row of the request that the edit answers; absent: none. */
  readonly request?: number;
  /** Checks the change only. */
  readonly dryRun?: boolean;
}

/**
 * Edits the search of a study, decided when it returns. Reads the trials of a finished study first.
 * Counts the trials that the sampler learns from in pieces, yielding to the event loop.
 * @returns the reason of a refusal by the scheduler; null: accepted
 * @throws InvalidInput with every problem of the change
 */
export async function editSearch(
  coordinator: Coordinator,
  uid: string,
  change: SearchChange,
  { checkObjective, request, dryRun = false }: EditOptions,
): Promise<Refused | null> {
  await coordinator.takeUp(uid);
  const { lab } = coordinator;
  let counted: (CountedTrials & { readonly search: Search }) | null = null;
  for (;;) {
    await turn();
    coordinator.settle();
    const study = lab.studies.get(uid);
    if (study === undefined) {
      const command = 'searchEdited';
      return { kind: 'commandRefused', command, study: uid, reason: 'unknown-study', detail: uid };
    }
    const search = searchAfter(lab, study, change, checkObjective);
    if (dryRun) return null;
    if (!sameProposals(searchOf(study.spec), search)) {
      // The study may change while its trials are counted, and with it the search after the edit.
      if (counted === null || !sameProposals(counted.search, search)) {
        await turn();
        const pieces = countInside(search, study.columns);
        counted = { ...(await coordinator.inTurns(pieces, COUNTING_TURN_MS)), search };
        continue;
      }
    }
    return coordinator.decide({
      type: 'searchEdited',
      study: uid,
      search,
      date: Date.now(),
      ...(request === undefined ? {} : { request }),
      ...(counted === null ? {} : { counted: { until: counted.until, inside: counted.inside } }),
    });
  }
}

/** @throws InvalidInput with every problem of the change */
function searchAfter(
  lab: LabState,
  { spec, limits, columns, sampler }: Study,
  change: SearchChange,
  checkObjective: ObjectiveCheck,
): Search {
  return editedSearch(spec, change, {
    limits,
    atOnce: trialsAtOnce(lab, spec, limits.trials ?? Infinity),
    workers: Math.max(1, lab.slots.size),
    isTried: (params) => !sampler.repeats && columns.find(params) !== null,
    checkObjective,
  });
}

/** Carries out the edits that other programs have requested, and answers each. */
export async function takeEditRequests(
  coordinator: Coordinator,
  storage: LabStorage,
  checkObjective: ObjectiveCheck,
): Promise<void> {
  for (const { row: request, study, change } of storage.editRequests()) {
    const problems = await problemsOf(async () =>
      editSearch(coordinator, study, parse(searchChange, change, 'the edit'), {
        checkObjective,
        request,
      }),
    );
    if (problems.length > 0) storage.refuseEdit(request, problems);
  }
}

async function problemsOf(edit: () => Promise<Refused | null>): Promise<readonly Problem[]> {
  try {
    const refused = await edit();
    if (refused === null) return [];
    const { reason: code, detail: found } = refused;
    return [{ code, path: '', expected: 'a study that can be edited', found }];
  } catch (error) {
    if (error instanceof InvalidInput) return error.problems;
    throw error;
  }
}
