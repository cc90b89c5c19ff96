/**
 * Endpoints of a study of a person's own script: proposes it, and tries its command once. Answered
 * for the desktop window only: a browser must not have a program started.
 */
import { homedir } from 'node:os';
import { InvalidInput } from '../../core/errors.ts';
import { commandObjective } from '../../protocol/command-objective.ts';
import { check } from '../../protocol/problems.ts';
import { meaningProblems } from '../../protocol/study-file.ts';
import { objectiveCheck } from '../../objectives/objective-check.ts';
import { scriptPath } from '../../studies/script/propose-script.ts';
import type { ThreadWork } from '../reading/thread-work.ts';
import type { Captured } from '../../objectives/objective-kind.ts';
import type { CallContext } from '../../protocol/endpoint.ts';
import type { CallDeps, CallHandlers } from './call-deps.ts';
import { refusePrograms, scriptsFor } from './chosen-scripts.ts';
import type { CaptureRequest } from './study-calls.ts';

type ScriptCalls = Pick<
  CallHandlers,
  'proposeScript' | 'examineProject' | 'scriptTry' | 'tryScript' | 'endScript'
>;

/** Takes the copy of a project folder, in which the trials of a study from the window run. */
export async function captureProject(
  { userFolder, chosenScripts }: Pick<CallDeps, 'userFolder' | 'chosenScripts'>,
  thread: ThreadWork,
  request: CaptureRequest,
  context: CallContext,
): Promise<Captured> {
  refusePrograms(context);
  const objective = check(commandObjective, request.objective);
  if (!objective.ok) throw new InvalidInput('startStudy', objective.problems);
  const places = { scripts: [...chosenScripts], cwd: homedir(), userFolder };
  return thread.do('captureProject', { ...request, objective: objective.value, ...places });
}

export function scriptCalls(deps: CallDeps, thread: ThreadWork): ScriptCalls {
  const { resources, userFolder, chosenScripts } = deps;
  return {
    async proposeScript(input, context) {
      refusePrograms(context);
      const request = { ...input, cwd: homedir(), env: { ...process.env } };
      const script = scriptPath(request);
      const proposed = await thread.do('proposeScript', request);
      chosenScripts.add(script);
      return proposed;
    },
    async examineProject({ project, command, folder }, context) {
      refusePrograms(context);
      const objective = { command, folder };
      const places = { scripts: [...chosenScripts], cwd: homedir(), userFolder };
      return thread.do('examineProject', { project, objective, ...places });
    },
    async tryScript({ study, values }, context) {
      refusePrograms(context);
      const scripts = scriptsFor(context, chosenScripts);
      const places = { resources, userFolder, scripts, inProject: true };
      const problems = meaningProblems(study, objectiveCheck(places));
      if (problems.length > 0) throw new InvalidInput('tryScript', problems);
      const objective = check(commandObjective, study.objective);
      if (!objective.ok) throw new InvalidInput('tryScript', objective.problems);
      const { name, searchSpace, seed } = study;
      const request = { study: { name, searchSpace, seed }, objective: objective.value, values };
      await thread.do('tryScript', request);
      return null;
    },
    async scriptTry(_, context) {
      refusePrograms(context);
      return thread.do('scriptTry', undefined);
    },
    async endScript(_, context) {
      refusePrograms(context);
      await thread.do('endScript', undefined);
      return null;
    },
  };
}
