/** The files that trials of a run use: taken for a new study, compared for one that resumes. */
import { dirname } from 'node:path';
import type { Study } from '../../core/scheduling/index.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import type { Captured } from '../../objectives/objective-kind.ts';
import { userFolder } from '../../runtime/user-folder.ts';
import { chooseStudy } from './choose-study.ts';
import type { ResolvedStudy } from './resolve-study.ts';
import type { ResolvedRun } from './resolved-run.ts';

/** Takes the files of a study that starts from a file. @throws InvalidInput */
export async function capturedFor(
  { spec: { objective }, source }: Pick<ResolvedStudy, 'spec' | 'source'>,
  places: { readonly userFolder: string; readonly lab: string },
): Promise<Captured> {
  const kind = objectiveKind(objective.kind);
  const project = dirname(source);
  return (await kind?.capture(objective, { ...places, project })) ?? { objective, notes: [] };
}

/**
 * Returns the run with the files of a new study that were not taken before, or with notes on what
 * differs from those of the study that it resumes.
 * @param studies of the lab
 * @throws InvalidInput if the files cannot be taken
 */
export async function withStudyCode(
  run: ResolvedRun,
  studies: readonly Study[],
): Promise<ResolvedRun> {
  const choice = chooseStudy(studies, run);
  if (choice.kind === 'new') {
    if (run.capture === null) return run;
    const { objective, notes } = await run.capture();
    return { ...run, spec: { ...run.spec, objective }, notes: [...run.notes, ...notes] };
  }
  const { objective } = choice.study.spec;
  const places = { userFolder: userFolder(), lab: run.lab };
  const notes = (await objectiveKind(objective.kind)?.differences(objective, places)) ?? [];
  return { ...run, notes: [...run.notes, ...notes] };
}
