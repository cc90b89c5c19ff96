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
import type { CallDeps, CallHandlers } from './call-deps.ts';
import { refusePrograms, scriptsFor } from './chosen-scripts.ts';

type ScriptCalls = Pick<CallHandlers, 'proposeScript' | 'scriptTry' | 'tryScript' | 'endScript'>;

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
    async tryScript({ study, values }, context) {
      refusePrograms(context);
      const scripts = scriptsFor(context, chosenScripts);
      const problems = meaningProblems(study, objectiveCheck({ resources, userFolder, scripts }));
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
