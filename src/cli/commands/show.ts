/** `galapagos show STUDY`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { StudySpec } from '../../core/study/study-spec.ts';
import {
  knownStudy,
  pausedOutput,
  searchedOutput,
  studyOutput,
  trainedOutput,
} from '../../documents/lab-output.ts';
import { exportedTrials, withSchedules } from '../../documents/best-configs.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import type { ShowOutput } from '../../protocol/cli-output.ts';
import type { LabReader, StudySummary, TrialRecord } from '../../storage/lab-reader.ts';
import { checkpointsOf, commandLineOf } from '../../studies/command-lines.ts';
import { TOP } from '../actions/export-best.ts';
import { showText } from '../display/lab-text.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';

export function addShow(program: Command, context: Context): void {
  labCommand(program, 'show', 'show a study: state, best trial, search space and sampler')
    .argument('<study>', "the study's name, or its uid")
    .addHelpText(
      'after',
      `
Examples:
  galapagos show mnist
  galapagos show mnist --lab other.db --json`,
    )
    .action(async (named: string, { lab, json = false }: LabOptions) => {
      const file = resolve(context.streams.cwd, lab);
      const { study, paused, front, best, energy, earlyStops, enqueued, schedule, isHeld } =
        await withLab(context, lab, (reader) => {
          const study = knownStudy(reader, named, lab);
          const key = study.uid ?? study.name;
          const front = reader.front(key);
          const best = front ?? reader.best(key, TOP);
          const [first] = withSchedules(exportedTrials(best.slice(0, 1)), study.spec, () =>
            reader.trials(key),
          );
          return {
            study,
            paused: pausedOutput(study, () => reader.trials(key)),
            front,
            best,
            schedule: first?.schedule,
            energy: reader.energy(key),
            earlyStops: reader.earlyStops(key),
            enqueued: enqueuedOf(reader, key),
            isHeld: reader.isHeld(),
          };
        });
      const output: ShowOutput = {
        lab,
        study: studyOutput(study, isHeld),
        ...paused,
        ...enqueued,
        trained: trainedOutput(best),
        energy,
        ...(earlyStops === undefined ? {} : { earlyStops }),
        ...(schedule === undefined ? {} : { schedule }),
        searched: searchedOutput(study),
        ...commandOf(study, best[0], { userFolder: context.userFolder, lab: file }),
        ...(await codeOf(study.spec, { userFolder: context.userFolder, lab: file })),
        ...(front === null
          ? {}
          : {
              front: exportedTrials(front, study.spec?.objectives).map(
                ({ trial, values = {} }) => ({ trial, values: { ...values } }),
              ),
            }),
      };
      if (json) printJson(context, output);
      else print(context, showText(output));
    });
}

/** Points that wait to be tried, or could not be. */
function enqueuedOf(reader: LabReader, key: string): Pick<ShowOutput, 'enqueued'> {
  const enqueued = reader.enqueued(key);
  if (enqueued === null || enqueued.waiting + enqueued.refused.length === 0) return {};
  const { waiting, refused } = enqueued;
  return { enqueued: { waiting, refused: refused.map((each) => ({ ...each })) } };
}

/** The snapshot that trials run in, compared with its folder now. */
async function codeOf(
  spec: StudySpec | null,
  places: { readonly userFolder: string; readonly lab: string },
): Promise<Pick<ShowOutput, 'code'>> {
  const kind = objectiveKind(spec?.objective.kind);
  if (spec === null || kind === undefined) return {};
  const snapshot = kind.snapshot(spec.objective);
  if (snapshot === null) return {};
  const { hash, project } = snapshot;
  const differences = [...(await kind.differences(spec.objective, places))];
  return { code: { snapshot: hash, project, differences } };
}

/** The command line of the best trial and what it kept, where the study runs a program. */
function commandOf(
  study: StudySummary,
  best: TrialRecord | undefined,
  { userFolder, lab }: { readonly userFolder: string; readonly lab: string },
): Pick<ShowOutput, 'command' | 'checkpoints'> {
  if (study.spec === null || best === undefined) return {};
  const command = commandLineOf(study.spec, best.number, best.params, { study: study.name, lab });
  const checkpoints = checkpointsOf(userFolder, study, best.number);
  return {
    ...(command === null ? {} : { command }),
    ...(checkpoints === null ? {} : { checkpoints }),
  };
}
