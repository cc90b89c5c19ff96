/**
 * Commands on studies, trials, slots and the lab. Each is answered when it is decided; a refusal is
 * returned as an error.
 */
import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Coordinator } from '../../coordinator/coordinator.ts';
import { editSearch } from '../../coordinator/search-edits.ts';
import { GalapagosError, InvalidInput } from '../../core/errors.ts';
import { canResume, endedOf, trialsAtOnce } from '../../core/scheduling/index.ts';
import type { LabState, Study } from '../../core/scheduling/index.ts';
import type { Objective } from '../../core/study/study-spec.ts';
import { withChosenSampler } from '../../core/study/choose-sampler.ts';
import { STOPPED_BY_USER } from '../../core/study/stopped.ts';
import { THIS_NODE, deviceOfSlot, slotsOf } from '../../core/device.ts';
import { cpuDevice } from '../../runtime/cpu-device.ts';
import type { CallContext, HandlersOf } from '../../protocol/endpoint.ts';
import type { Commands } from '../../protocol/endpoints.ts';
import { withPruning } from '../../protocol/pruning.ts';
import { meaningProblems, studyOf } from '../../protocol/study-file.ts';
import { decideOrThrow, orThrow } from '../../studies/decide-or-throw.ts';
import { describeStudy, removeStudy } from '../../studies/describe-study.ts';
import { freeName } from '../../core/free-name.ts';
import { objectiveCheck } from '../../objectives/objective-check.ts';
import type { Captured } from '../../objectives/objective-kind.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import { deviceProblems, devicesOf } from '../../studies/device-problems.ts';
import { joinHistories } from '../../studies/start-from/map-history.ts';
import type { MappedHistory } from '../../studies/start-from/map-history.ts';
import type { StartRequest } from '../../studies/start-from/start-histories.ts';
import { cpuWorkers, mostWorkers, workerProblems } from '../../studies/worker-count.ts';
import type { CurrentLab } from '../current-lab.ts';
import { limitsOf } from '../projections/study-row.ts';
import { keepUploadedLab, removeKeptLab } from '../uploads/uploaded-lab.ts';
import type { HeldUpload } from '../uploads/uploads.ts';
import { scriptsFor } from './chosen-scripts.ts';
import { refusePaths } from './refuse-paths.ts';

/** Milliseconds that running trials have to finish after a pause or a stop. */
const GRACE_MS = 5_000;

export type StudyCommands = Pick<
  HandlersOf<Commands>,
  | 'startStudy'
  | 'pauseStudy'
  | 'resumeStudy'
  | 'stopStudy'
  | 'addTrials'
  | 'editLimits'
  | 'editSearch'
  | 'describeStudy'
  | 'removeStudy'
  | 'cancelTrial'
  | 'enqueueTrial'
  | 'openLab'
  | 'drainWorker'
  | 'resumeWorker'
>;

export interface StudyCommandDeps {
  readonly current: CurrentLab;
  readonly resources: string;
  readonly userFolder: string;
  /** Absolute paths of scripts that a person chose in the desktop window. */
  readonly chosenScripts: ReadonlySet<string>;
  /** @throws GalapagosError `unknown-upload`, `upload-incomplete` */
  readonly holdUpload: (upload: string) => HeldUpload;
  /** Reads the searches that a study starts from. @throws GalapagosError */
  readonly historiesOf: (
    request: Omit<StartRequest, 'lab'>,
    context: CallContext,
  ) => Promise<readonly MappedHistory[]>;
  /**
   * Takes the copy of a project folder in which trials run.
   * @throws GalapagosError `no-programs`; InvalidInput
   */
  readonly capture: (request: CaptureRequest, context: CallContext) => Promise<Captured>;
}

export interface CaptureRequest {
  readonly objective: Objective;
  /** As a person typed it; null: as `examineProject` answers. */
  readonly project: string | null;
  /** Absolute path of the lab file. */
  readonly lab: string;
}

export function studyCommands({
  current,
  resources,
  userFolder,
  chosenScripts,
  holdUpload,
  historiesOf,
  capture,
}: StudyCommandDeps): StudyCommands {
  const decide = (command: Parameters<Coordinator['decide']>[0]): null =>
    decideOrThrow(current.lab.deciding, command);
  /**
   * First reads the trials of a finished study, yielding to the event loop, so that the decision
   * does not block.
   */
  const decideTakenUp = async (
    study: string,
    command: () => Parameters<Coordinator['decide']>[0],
  ): Promise<null> => {
    await current.lab.deciding.takeUp(study);
    return decide(command());
  };
  const studyNamed = (key: string): Study => {
    const study = current.lab.deciding.lab.studies.get(key);
    if (study === undefined)
      throw new GalapagosError(
        'unknown-study',
        `there is no study ${key} in this lab that could be changed`,
        { study: key },
      );
    return study;
  };
  const openUploaded = async (upload: string): Promise<void> => {
    const held = holdUpload(upload);
    try {
      const kept = await keepUploadedLab(held.path, userFolder);
      if (kept === null) throw noLab(basename(held.path), 'not exactly one file');
      await refuseOther(kept, basename(kept)).catch(async (error: unknown) => {
        await removeKeptLab(kept);
        throw error;
      });
      await current.switchTo(kept).catch(async (error: unknown) => {
        if (current.lab.file !== kept) await removeKeptLab(kept);
        throw error;
      });
    } finally {
      held.release();
    }
  };
  return {
    async startStudy({ study: file, workers, startFrom = [], project }, context) {
      // Names of other programs' studies are taken as well.
      await current.view.foreignLoaded;
      const coordinator = current.lab.deciding;
      const scripts = scriptsFor(context, chosenScripts);
      const problems = [
        ...meaningProblems(
          file,
          objectiveCheck({ resources, userFolder, scripts, inProject: project === undefined }),
        ),
        ...workerProblems(workers, mostWorkers(coordinator)),
        ...deviceProblems(file.devices, devicesOf(coordinator.lab)),
      ];
      if (problems.length > 0) throw new InvalidInput('startStudy', problems);
      // A command was permitted before, or runs a script that was chosen in this window.
      if (scripts.length > 0)
        objectiveKind(file.objective.kind)?.permit(file.objective, userFolder);
      const { limits, ...read } = studyOf(file);
      const histories =
        startFrom.length === 0
          ? []
          : await historiesOf({ study: file, sources: startFrom }, context);
      const { objective } =
        project === undefined
          ? read.spec
          : await capture(
              { objective: file.objective, project, lab: resolve(current.lab.file) },
              context,
            );
      const spec = {
        ...read.spec,
        objective,
        ...(histories.length === 0 ? {} : joinHistories(histories)),
      };
      const uid = randomUUID();
      const named = { ...spec, name: freeName(current.view.names, spec.name) };
      const atOnce = trialsAtOnce(coordinator.lab, spec, limits.trials ?? Infinity);
      const changed = workers === null ? 0 : workers - cpuWorkers(coordinator.lab);
      const served = workers ?? coordinator.lab.slots.size;
      // Before the workers have connected, their lanes are unknown.
      const chosen = withChosenSampler(named, limits, atOnce + changed || served);
      coordinator.createStudy(uid, withPruning(file.pruner, chosen, limits, served), limits);
      coordinator.settle();
      if (workers !== null) useWorkers(coordinator, workers);
      return { study: uid };
    },
    pauseStudy: ({ study }) => decide({ type: 'studyPaused', study, graceMs: GRACE_MS }),
    resumeStudy: ({ study }) => decideTakenUp(study, () => ({ type: 'studyResumed', study })),
    stopStudy: ({ study }) => decide({ type: 'studyStopped', study, graceMs: GRACE_MS }),
    addTrials: ({ study: key, trials }) =>
      decideTakenUp(key, () => ({
        type: 'studyEdited',
        study: key,
        limits: extended(current.lab.deciding.lab, studyNamed(key), trials),
      })),
    editLimits: ({ study, limits }) =>
      decideTakenUp(study, () => ({ type: 'studyEdited', study, limits: limitsOf(limits) })),
    async editSearch({ study, change }) {
      const checkObjective = objectiveCheck({ resources, userFolder });
      return orThrow(
        await editSearch(current.lab.deciding, studyNamed(study).uid, change, { checkObjective }),
      );
    },
    async describeStudy({ study, ...change }) {
      // Another program may have created a study since the names were read.
      if (change.name !== undefined) await current.view.readNames();
      describeStudy(current.lab.deciding, study, change, current.view.names);
      return null;
    },
    async removeStudy({ study }) {
      await removeStudy(current.lab.deciding, study, userFolder);
      return null;
    },
    cancelTrial: ({ study, trial }) => decide({ type: 'trialCancelled', study, number: trial }),
    async enqueueTrial({ study: key, params }) {
      const coordinator = current.lab.deciding;
      await coordinator.takeUp(key);
      const { columns, limit } = studyNamed(key);
      const limits =
        columns.size < limit ? undefined : extended(coordinator.lab, studyNamed(key), 1);
      return orThrow(coordinator.enqueue(key, params, limits));
    },
    drainWorker: ({ slot }) => decide({ type: 'slotDrained', slot }),
    resumeWorker({ slot: name }) {
      const coordinator = current.lab.deciding;
      const slot = coordinator.lab.slots.get(name);
      if (slot?.supervision !== null) return decide({ type: 'slotReleased', slot: name });
      coordinator.offerSlots([name]);
      coordinator.settle();
      return null;
    },
    async openLab({ source }, context) {
      if (source.kind === 'upload') await openUploaded(source.upload);
      else {
        refusePaths(context);
        await refuseOther(source.path, source.path);
        await current.switchTo(resolve(source.path));
      }
      return null;
    },
  };
}

/**
 * Opening would create a lab where the file is missing or empty, and would wait for ever on a pipe.
 * @param name for the error
 * @throws GalapagosError `not-found` unless the path leads to a regular file with content
 */
async function refuseOther(path: string, name: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw noLab(name, 'nothing');
  if (!found.isFile()) throw noLab(name, found.isDirectory() ? 'a folder' : 'no regular file');
  if (found.size === 0) throw noLab(name, 'an empty file');
}

function noLab(file: string, found: string): GalapagosError {
  return new GalapagosError('not-found', `${file}: expected a lab file, found ${found}`, {
    file,
    expected: 'a lab file',
    found,
  });
}

/** Offers this many slots of this machine, and drains the others. */
function useWorkers(coordinator: Coordinator, workers: number): void {
  const wanted = new Set(slotsOf(THIS_NODE, cpuDevice(), workers));
  const devices = new Set([...wanted].map(deviceOfSlot));
  for (const [name, { supervision }] of coordinator.lab.slots) {
    if (supervision !== null && devices.has(deviceOfSlot(name)) && !wanted.has(name))
      coordinator.command({ type: 'slotDrained', slot: name });
  }
  coordinator.offerSlots([...wanted]);
  coordinator.settle();
}

/**
 * Limits for this many more trials: beyond the limit of a study that has trials left; beyond the
 * ended trials of a study that met a stop rule, which is removed.
 */
function extended(lab: LabState, study: Study, trials: number): Study['limits'] {
  const { limits, state } = study;
  const stopped = study.reason === STOPPED_BY_USER && limits.trials !== null;
  if (state !== 'finished' || (stopped && canResume(lab, study))) {
    if (limits.trials === null) {
      throw new GalapagosError(
        'not-allowed-now',
        'the study has no limit of trials that could be raised',
        { study: study.uid },
      );
    }
    return { ...limits, trials: limits.trials + trials };
  }
  const usedUp = limits.activeMs !== null && study.activeMs >= limits.activeMs;
  return {
    trials: endedOf(study) + trials,
    activeMs: usedUp ? null : limits.activeMs,
    target: study.firstHit === null ? limits.target : null,
  };
}
