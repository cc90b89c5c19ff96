/** `galapagos doctor`. */
import type { Command } from 'commander';
import type { DoctorOutput } from '../../protocol/cli-output.ts';
import { scriptChecks } from '../actions/doctor-script.ts';
import { examine } from '../actions/doctor.ts';
import { text } from '../options/arguments.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT } from '../process/exit-codes.ts';

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('check this machine for everything Galapagos needs and show how to fix problems')
    .argument(
      '[study]',
      'study file of a program, whose interpreter and packages are checked too',
      text,
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
ok: available. optional: not available, and only some features need it. missing: required; the exit code is 1.
With a study, a line for each machine of the lab compares its Python and packages with those of this machine,
as the machine last reported them.

Examples:
  galapagos doctor
  galapagos doctor --json
  galapagos doctor study.json`,
    )
    .action(async (study: string | undefined, { json = false }: { readonly json?: boolean }) => {
      // First, so that a file with mistakes is reported at once.
      const script = study === undefined ? [] : await scriptChecks(context, study);
      const checks = [
        ...(await examine({ resources: context.resources, cwd: context.streams.cwd })),
        ...script,
      ];
      const subject = script.some(({ state }) => state === 'missing') ? 'the study' : 'Galapagos';
      const sound = checks.every(({ state }) => state !== 'missing');
      if (json) printJson(context, { ok: sound, checks } satisfies DoctorOutput);
      else {
        for (const { name, state, found, remedy } of checks) {
          print(context, [
            `${state.padEnd(8)}  ${name}: ${found}`,
            ...(remedy === null ? [] : [`${' '.repeat(10)}→ ${remedy}`]),
          ]);
        }
        print(context, [
          '',
          sound
            ? 'This machine can run Galapagos.'
            : `This machine cannot run ${subject} until the missing items are fixed.`,
        ]);
      }
      if (!sound) context.exitWith(EXIT.failed);
    });
}
