/**
 * Examines what a snapshot of a study's project folder takes along, and what it leaves out. Reads
 * names and sizes only.
 */
import { problemText } from '../../core/errors.ts';
import { projectSizeProblems, sizeText } from '../../objectives/command/snapshot/project-size.ts';
import { walkProject } from '../../objectives/command/snapshot/project-walk.ts';
import type { LeftOutEntry } from '../../objectives/command/snapshot/project-walk.ts';
import type { ScriptFinding } from './examine-script.ts';

/** Entries that a finding names. */
const NAMED = 10;

const REASONS: Readonly<Record<LeftOutEntry['why'], string | null>> = {
  ignored: 'ignored',
  environment: 'environment',
  outside: 'link out of the folder',
  special: 'no file',
  // Nothing that a program needs.
  own: null,
};

/**
 * @param project absolute path of the folder that contains the study file
 * @param own absolute paths that Galapagos writes
 * @throws InvalidInput for a name that is not UTF-8
 */
export function examineProject(project: string, own: readonly string[]): ScriptFinding[] {
  const walked = walkProject(project, { own });
  const { entries, leftOut } = walked;
  const problems = projectSizeProblems(walked);
  if (problems.length > 0)
    return problems.map(({ hint = '', ...problem }) => ({
      name: 'project folder',
      found: problemText(problem),
      remedy: hint,
    }));
  const files = entries.filter(({ kind }) => kind === 'file');
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  const named = leftOut.flatMap(({ path, why }) => {
    const reason = path.endsWith('__pycache__') ? null : REASONS[why];
    return reason === null ? [] : [`${path} (${reason})`];
  });
  const more = named.length - NAMED;
  return [
    {
      name: 'project folder',
      found: `trials run a copy of ${files.length} files, ${sizeText(bytes)}`,
      remedy: null,
    },
    {
      name: 'not taken along',
      found:
        named.length === 0
          ? 'nothing'
          : `${named.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}; trials on this machine find them in ${project}`,
      remedy: null,
    },
    {
      name: 'other machines',
      found: 'not looked at: run galapagos doctor on each, with a copy of the folder',
      remedy: null,
    },
  ];
}
