/** The objective kind `command`: any program, one process for each attempt. */
import type { Objective } from '../../core/study/study-spec.ts';
import { availableCores } from '../../runtime/confinement.ts';
import { Gate } from '../../runtime/gate.ts';
import { removeTree } from '../../runtime/remove-tree.ts';
import { withVariables } from '../../runtime/environment-variables.ts';
import { commandObjective } from '../../protocol/command-objective.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import { check, parse } from '../../protocol/problems.ts';
import type { StudyMessage } from '../../protocol/worker-messages.ts';
import type { Evaluate, LaneEnd, Workplace } from '../evaluate.ts';
import { checkpointFolder } from '../checkpoint-places.ts';
import { NO_PREVIEW } from '../objective-kind.ts';
import type { ObjectiveKind } from '../objective-kind.ts';
import { AttemptFolderPool, ownRuns, removeAbandonedFolders } from './attempt/attempt-folders.ts';
import { championConfig } from './champion-config.ts';
import { championLine } from './champion-line.ts';
import { commandNotes, commandProblems, workingFolder } from './command-problems.ts';
import { statedVariables } from './attempt/environment.ts';
import { Guardian } from './attempt/guardian.ts';
import { labOutputFolder, noteLabStudy, sweepLabFiles } from './lab-files.ts';
import { comparedImports } from './python/packages.ts';
import { isPermitted, permit } from './permission.ts';
import { locatedPython, pythonOf } from './python/python.ts';
import { demandOf, runsOn } from './resources.ts';
import type { Resources } from './resources.ts';
import { runAttempt } from './attempt/run-attempt.ts';
import type { AttemptParts } from './attempt/run-attempt.ts';
import { cardOf, runOnCard } from './cards/run-on-card.ts';
import {
  Checkouts,
  captureCode,
  codeDifferences,
  codeReference,
} from './snapshot/code-snapshot.ts';

export const command: ObjectiveKind<CommandObjective> = {
  trains: false,
  statesSeed: true,
  epochs: ({ epochs }) => (typeof epochs === 'number' && epochs > 1 ? epochs : null),
  epochSamples: () => null,
  dataset: () => null,
  // Known only when the program has said them.
  metrics: () => null,
  timings: [],
  check: commandProblems,
  // The program reads them each time it is started.
  fixedInTraining: () => [],
  notes: commandNotes,
  preview: () => NO_PREVIEW,
  // Each trial is a process of its own, so that none is evaluated together with another.
  shapeKey: (_, params) => JSON.stringify(params),
  runsOn: (objective, device) => runsOn(resourcesOf(objective), device),
  demand: (objective) => demandOf(resourcesOf(objective)),
  mostLanes: 1,
  sideBySide: (objective) => resourcesOf(objective).gpus === 'shared',
  // Machines without the code cannot; `code` names it.
  runsElsewhere: false,
  code: (objective) => codeReference(parsedOf(objective)),
  imports: (objective) => comparedImports(parsedOf(objective)),
  duration: () => null,
  located: (objective, { project }) =>
    project === undefined
      ? objective
      : {
          ...objective,
          folder: workingFolder(objective.folder, project),
          ...(objective.python === undefined
            ? {}
            : { python: locatedPython(project, objective.python) }),
        },
  environmentNotes: pythonNotes,
  capture: (objective, places) => captureCode(parsedOf(objective), places),
  snapshot: (objective) => parsedOf(objective).snapshot ?? null,
  differences: (objective, places) => codeDifferences(parsedOf(objective), places),
  permit: (objective, userFolder) => permit(userFolder, parsedOf(objective)),
  commandLine: (objective, params, trial) => championLine(parsedOf(objective), params, trial),
  configFile: (objective, params, trial, userFolder) =>
    championConfig(parsedOf(objective), params, trial, userFolder),
  keepsCheckpoints: (objective) => parsedOf(objective).keep.checkpoints,
  evaluator: createCommand,
};

/** Resources by objective: they are asked for several times a trial. */
const resources = new WeakMap<Objective, Resources>();

/** A lab file may hold an objective that this release does not read; its attempts say so. */
function resourcesOf(objective: Objective): Resources {
  let found = resources.get(objective);
  if (found === undefined) {
    const checked = check(commandObjective, objective);
    found = checked.ok ? (checked.value.resources ?? {}) : {};
    resources.set(objective, found);
  }
  return found;
}

/** Sentences on the Python that trials run with. @param objective located */
function pythonNotes(objective: CommandObjective, env: NodeJS.ProcessEnv): string[] {
  const python = pythonOf(objective, withVariables(env, statedVariables(objective.env)));
  if (python === null) return [];
  const { program, origin, note } = python;
  return [`trials run with the Python ${program} (${origin})`, ...(note === null ? [] : [note])];
}

/** Parsed objectives: some are asked for once a trial. */
const parsedObjectives = new WeakMap<Objective, CommandObjective>();

function parsedOf(objective: Objective): CommandObjective {
  let parsed = parsedObjectives.get(objective);
  if (parsed === undefined) {
    parsed = parse(commandObjective, objective, 'the study’s objective');
    parsedObjectives.set(objective, parsed);
  }
  return parsed;
}

/** Facts that hold for all attempts of a study. */
interface Known {
  readonly objective: CommandObjective;
  /** Environment of this process. */
  readonly own: NodeJS.ProcessEnv;
}

function createCommand({
  userFolder,
  gate = new Gate(),
  threads = availableCores(),
  device,
  cardTimes,
  labPrograms = false,
  sendOutput = () => false,
}: Workplace): Evaluate {
  const card = cardOf(device, cardTimes);
  const guardian = new Guardian(ownRuns(userFolder));
  const pool = new AttemptFolderPool(userFolder);
  const checkouts = new Checkouts(userFolder, ownRuns(userFolder));
  const known = new WeakMap<StudyMessage, Known>();
  let swept = false;
  return async (study, lanes, listener) => {
    let of = known.get(study);
    if (of === undefined) {
      const objective = parsedOf(study.objective);
      if (!labPrograms && !isPermitted(userFolder, objective))
        throw new Error(
          'this command was never started on this machine, so a lab file or another program may have changed it; start its study file with galapagos run',
        );
      // Reading the variables of the process takes 40 µs, of a copy 5.
      of = { objective, own: { ...process.env } };
      known.set(study, of);
      if (labPrograms) noteLabStudy(userFolder, study.study);
    }
    if (!swept) {
      await removeAbandonedFolders(userFolder);
      if (labPrograms) void sweepLabFiles(userFolder, Date.now());
    }
    swept = true;
    guardian.watch();
    const { objective, own } = of;
    const epochs = typeof objective.epochs === 'number' ? objective.epochs : null;
    const ends: LaneEnd[] = [];
    for (const [place, lane] of lanes.entries()) {
      const attempt: AttemptParts = {
        objective,
        own,
        place: await checkouts.placeFor(objective),
        study,
        lane,
        userFolder,
        guardian,
        pool,
        gate,
        threads,
        ...(labPrograms
          ? {
              sends: {
                folder: labOutputFolder(userFolder, study.study, lane.attempt.number),
                send: sendOutput,
              },
            }
          : {}),
        report: (report) => {
          listener.report(place, report);
          if (epochs !== null)
            listener.progress({ step: Math.min(report.step + 1, epochs), steps: epochs });
        },
      };
      const gpus = objective.resources?.gpus ?? 0;
      const end =
        gpus === 0 ? await runAttempt(attempt) : await runOnCard(attempt, card, gpus === 1);
      // The host deletes its own checkpoints only.
      if (labPrograms && end.outcome === 'finished' && objective.keep.checkpoints === 'none')
        await removeTree(checkpointFolder(userFolder, study.study, lane.attempt.number));
      ends.push(end);
      listener.ended(place, end);
    }
    return ends;
  };
}
