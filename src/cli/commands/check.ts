/** `galapagos check [LAB]`, and of a study file. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CheckOutput } from '../../protocol/cli-output.ts';
import type { CheckStudyOutput } from '../../protocol/script-output.ts';
import { exampleLine } from '../../studies/command-lines.ts';
import { text } from '../options/arguments.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT } from '../process/exit-codes.ts';
import { resolveStudy } from '../run/resolve-study.ts';

export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .description('list damage in a lab file, or problems of a study file')
    .argument('[file]', 'the lab file, or a study file (.json)', text, 'lab.db')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Reads the entire file without changing it; a run may write to the file at the same time. Reports damage, text that
cannot be parsed, values outside the range of their parameter, and rows that disagree with Optuna's tables. The exit
code is 1 if there are problems.

Of a study file, reports every problem as run would, and notes; where its objective is a command, prints the command line
of an example point. Starts nothing. The exit code is 2 if there are problems.

Examples:
  galapagos check
  galapagos check old/lab.db --json
  galapagos check my-study.json`,
    )
    .action(async (lab: string, { json = false }: { readonly json?: boolean }) => {
      if (lab.endsWith('.json')) {
        checkStudyFile(context, lab, json);
        return;
      }
      // Loaded on demand: loading the native library would slow down every other command.
      const { checkLab, findingText } = await import('../../storage/check-lab.ts');
      const findings = checkLab(resolve(context.streams.cwd, lab));
      if (json)
        printJson(context, { lab, ok: findings.length === 0, findings } satisfies CheckOutput);
      else print(context, [...findings.map(findingText), summary(lab, findings.length)]);
      if (findings.length > 0) context.exitWith(EXIT.failed);
    });
}

function checkStudyFile(context: Context, file: string, json: boolean): void {
  const { resources, userFolder } = context;
  const { cwd } = context.streams;
  const { spec, notes } = resolveStudy(file, {}, { cwd, resources, userFolder });
  const command = exampleLine(spec);
  const output: CheckStudyOutput = {
    file,
    ok: true,
    study: spec.name,
    notes: [...notes],
    ...(command === null ? {} : { command }),
  };
  if (json) printJson(context, output);
  else
    print(context, [
      `${file}: no problems found.`,
      ...notes.map((note) => `Note: ${note}`),
      ...(command === null ? [] : ['An example of what a trial runs:', command]),
    ]);
}

function summary(lab: string, count: number): string {
  if (count === 0) return `${lab}: no problems found.`;
  return `${lab}: ${count} ${count === 1 ? 'problem' : 'problems'}. Copy the file before you continue its studies.`;
}
