/**
 * Checks of `galapagos doctor STUDY`: the program of a study file, its interpreter and packages.
 */
import { dirname, resolve } from 'node:path';
import type { DoctorCheck } from '../../protocol/cli-output.ts';
import { commandObjective } from '../../protocol/command-objective.ts';
import { parseStudyFile } from '../../protocol/study-file.ts';
import { examineProject } from '../../studies/script/examine-project.ts';
import { examineScript } from '../../studies/script/examine-script.ts';
import { readNamedFile } from '../options/read-named-file.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { machineChecks } from './doctor-machines.ts';

/** @throws InvalidInput, or UsageError if the study has no program */
export async function scriptChecks(context: Context, study: string): Promise<DoctorCheck[]> {
  const { name: named, objective } = parseStudyFile(readNamedFile(context, study), study);
  const program = commandObjective.safeParse(objective);
  if (!program.success)
    throw new UsageError(`${study} has no program to check: its objective is ${objective.kind}`);
  const folder = dirname(resolve(context.streams.cwd, study));
  const findings = [
    ...(await examineScript(program.data, folder, context.streams.env)),
    ...examineProject(folder, [context.userFolder]),
  ];
  const file = resolve(context.streams.cwd, study);
  return [
    ...findings.map(({ name, found, remedy }): DoctorCheck => ({
      name,
      state: remedy === null ? 'ok' : 'missing',
      found,
      remedy,
    })),
    ...(await machineChecks(context, { name: named, objective: program.data, file })),
  ];
}
