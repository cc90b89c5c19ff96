/** `galapagos check [LAB]`. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { CheckOutput } from '../../protocol/cli-output.ts';
import { text } from '../options/arguments.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT } from '../process/exit-codes.ts';

export function addCheck(program: Command, context: Context): void {
  program
    .command('check')
    .description('list damage, invalid values and inconsistent rows in a lab file')
    .argument('[lab]', 'the lab file', text, 'lab.db')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Reads the entire file without changing it; a run may write to the file at the same time. Reports damage, text that
cannot be parsed, values outside the range of their parameter, and rows that disagree with Optuna's tables. The exit
code is 1 if there are problems.

Examples:
  galapagos check
  galapagos check old/lab.db --json`,
    )
    .action(async (lab: string, { json = false }: { readonly json?: boolean }) => {
      // Loaded on demand: loading the native library would slow down every other command.
      const { checkLab, findingText } = await import('../../storage/check-lab.ts');
      const findings = checkLab(resolve(context.streams.cwd, lab));
      if (json)
        printJson(context, { lab, ok: findings.length === 0, findings } satisfies CheckOutput);
      else print(context, [...findings.map(findingText), summary(lab, findings.length)]);
      if (findings.length > 0) context.exitWith(EXIT.failed);
    });
}

function summary(lab: string, count: number): string {
  if (count === 0) return `${lab}: no problems found.`;
  return `${lab}: ${count} ${count === 1 ? 'problem' : 'problems'}. Copy the file before you continue its studies.`;
}
