/**
 * The project folder of a study that is set up in the window: its place, what a copy of it would
 * contain, and the copy that a study takes when it starts.
 */
import { dirname, resolve } from 'node:path';
import { InvalidInput } from '../../core/errors.ts';
import type { Problem } from '../../core/errors.ts';
import type { Objective } from '../../core/study/study-spec.ts';
import { folderFound } from '../../objectives/command/command-problems.ts';
import { isInside } from '../../objectives/command/is-inside.ts';
import { chosenScript } from '../../objectives/command/permission.ts';
import { projectSizeProblems } from '../../objectives/command/snapshot/project-size.ts';
import { walkProject } from '../../objectives/command/snapshot/project-walk.ts';
import type { Captured } from '../../objectives/objective-kind.ts';
import { objectiveKind } from '../../objectives/registry.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import type { ExaminedProject } from '../../protocol/window/script.ts';
import { toWindowProblem } from '../problems.ts';

/** Entries that are not copied and that an answer names. */
const NAMED = 8;

export interface ProjectRequest {
  /** As a person typed it; null: the folder of the script, or the working folder. */
  readonly project: string | null;
  readonly objective: Pick<CommandObjective, 'command' | 'folder'>;
  /** Absolute paths of scripts that a person chose. */
  readonly scripts: readonly string[];
  /** Absolute path of the folder that a relative path starts from. */
  readonly cwd: string;
  readonly userFolder: string;
}

export interface CopyRequest extends Omit<ProjectRequest, 'objective'> {
  readonly objective: Objective & ProjectRequest['objective'];
  /** Absolute path of the lab file. */
  readonly lab: string;
}

/** Reads names and sizes only. @throws InvalidInput for a name that is not UTF-8 */
export function examineCopy(request: ProjectRequest): ExaminedProject {
  const { project, problems } = locate(request);
  const nothing = { files: 0, bytes: 0, leftOut: [], more: 0 };
  if (problems.length > 0) return { project, problems: problems.map(toWindowProblem), ...nothing };
  const walked = walkProject(project, { own: [request.userFolder] });
  const files = walked.entries.filter(({ kind }) => kind === 'file');
  const leftOut = walked.leftOut.flatMap(({ path, why }) =>
    why === 'own' || why === 'special' || path.endsWith('__pycache__') ? [] : [{ path, why }],
  );
  return {
    project,
    files: files.length,
    bytes: files.reduce((sum, each) => sum + each.bytes, 0),
    leftOut: leftOut.slice(0, NAMED),
    more: Math.max(0, leftOut.length - NAMED),
    problems: projectSizeProblems(walked).map(toWindowProblem),
  };
}

/** @throws InvalidInput if the folder cannot be copied */
export async function captureCopy(request: CopyRequest): Promise<Captured> {
  const { objective, userFolder, lab } = request;
  const { project, problems } = locate(request);
  if (problems.length > 0) throw new InvalidInput('startStudy', problems);
  const kind = objectiveKind(objective.kind);
  return (await kind?.capture(objective, { project, userFolder, lab })) ?? { objective, notes: [] };
}

function locate({ project, objective, scripts, cwd }: ProjectRequest): {
  readonly project: string;
  readonly problems: readonly Problem[];
} {
  const { folder } = objective;
  const script = chosenScript(objective, scripts);
  const missing = folderFound(folder);
  if (missing !== null) {
    const problem = { code: 'missing-file', path: 'objective.folder', expected: 'a folder' };
    return { project: folder, problems: [{ ...problem, found: missing }] };
  }
  const ofScript = script === null ? folder : dirname(script);
  const usual = isInside(folder, ofScript) ? ofScript : folder;
  const chosen = project === null ? usual : resolve(cwd, project);
  const found = folderFound(chosen);
  if (found !== null)
    return {
      project: chosen,
      problems: [{ code: 'missing-file', path: 'project', expected: 'a folder', found }],
    };
  const outside = [folder, ...(script === null ? [] : [script])].find(
    (path) => !isInside(path, chosen),
  );
  if (outside === undefined) return { project: chosen, problems: [] };
  const expected = `a folder that contains ${outside}`;
  const problem = { code: 'outside-project', path: 'project', expected, found: chosen };
  return { project: chosen, problems: [problem] };
}
