/** Lines of `galapagos doctor STUDY` on the other machines of the lab, as they last answered. */
import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { AdmittedNodes } from '../../node/keys/admitted.ts';
import { readPackages } from '../../node/keys/packages.ts';
import { readStatus } from '../../node/keys/status.ts';
import { packageDifferences } from '../../objectives/command/python/package-differences.ts';
import { packagesHere } from '../../objectives/command/python/packages.ts';
import { locatedPython } from '../../objectives/command/python/python.ts';
import type { DoctorCheck } from '../../protocol/cli-output.ts';
import type { CommandObjective } from '../../protocol/command-objective.ts';
import { packageDifferencesText } from '../../studies/script/compare-packages.ts';
import type { Context } from '../process/context.ts';
import { lanFolder } from './lan-folder.ts';

interface CheckedStudy {
  readonly name: string;
  readonly objective: CommandObjective;
  /** Absolute path of its file. */
  readonly file: string;
}

/** Returns a line for each admitted node; none where the study runs no Python script. */
export async function machineChecks(
  context: Context,
  { name: study, objective, file }: CheckedStudy,
): Promise<DoctorCheck[]> {
  // Without the folder, no lab was ever shared; opening it would create it.
  if (!existsSync(join(context.userFolder, 'lan'))) return [];
  const folder = lanFolder(context);
  const nodes = new AdmittedNodes(folder).list();
  if (nodes.length === 0) return [];
  const project = dirname(file);
  const { python } = objective;
  const located = {
    ...objective,
    folder: resolve(project, objective.folder),
    ...(python === undefined ? {} : { python: locatedPython(project, python) }),
  };
  const here = await packagesHere(located, context.streams.env);
  if (here === null) return [];
  const answers = readPackages(folder);
  const status = readStatus(folder) ?? [];
  const code = `code of ${basename(project)}`;
  return nodes.map(({ id, name }): DoctorCheck => {
    const now = status.find(({ node }) => node === id);
    const lacks = now?.datasets.find((each) => each.name === code)?.error ?? null;
    if (lacks !== null)
      return { name, state: 'optional', found: `unknown: ${lacks}`, remedy: null };
    const answer = answers.find((each) => each.node === id && each.study === study);
    if (answer === undefined)
      return {
        name,
        state: 'optional',
        found: 'unknown: it was not asked yet',
        remedy: `start the study with --share while ${name} is connected`,
      };
    const differences = packageDifferencesText(packageDifferences(answer.found, here));
    return differences === null
      ? { name, state: 'ok', found: 'same Python and packages', remedy: null }
      : { name, state: 'optional', found: differences, remedy: `install the same ones on ${name}` };
  });
}
