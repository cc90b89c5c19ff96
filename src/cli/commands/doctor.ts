/** `galapagos doctor`. */
import type { Command } from 'commander';
import type { DoctorOutput } from '../../protocol/cli-output.ts';
import { examine } from '../actions/doctor.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT } from '../process/exit-codes.ts';

export function addDoctor(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('check this machine for everything Galapagos needs and show how to fix problems')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
ok: available. optional: not available, and only some features need it. missing: required; the exit code is 1.

Examples:
  galapagos doctor
  galapagos doctor --json`,
    )
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const checks = await examine({ resources: context.resources, cwd: context.streams.cwd });
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
            : 'This machine cannot run Galapagos until the missing items are fixed.',
        ]);
      }
      if (!sound) context.exitWith(EXIT.failed);
    });
}
