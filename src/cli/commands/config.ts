/** `galapagos config STUDY [TRIAL]`. */
import type { Command } from 'commander';
import { integer, text } from '../options/arguments.ts';
import { labCommand } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import type { Context } from '../process/context.ts';

interface ConfigOptions extends LabOptions {
  readonly output?: string;
  readonly replace?: boolean;
}

export function addConfig(program: Command, context: Context): void {
  labCommand(program, 'config', 'print the configuration file of a trial, by default of the best')
    .argument('<study>', "the study's name, or its uid")
    .argument('[trial]', "the trial's number", integer(0))
    .option('--output <file>', 'write the file instead of printing it', text)
    .option('--replace', 'move a file that exists to FILE.bak first')
    .addHelpText(
      'after',
      `
Of studies whose objective names a configuration file ("config"): that file as it was when the study started, with the
values of the trial.

Examples:
  galapagos config mine
  galapagos config mine 3 --output config.trial-3.yaml`,
    )
    .action(async (named: string, trial: number | undefined, options: ConfigOptions) => {
      // Loaded on demand: listing commands reads no files.
      const { printConfig } = await import('../actions/print-config.ts');
      await printConfig(context, named, trial, options);
    });
}
