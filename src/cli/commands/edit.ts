/** `galapagos edit STUDY`: other ranges, fixed parameters, another sampler or pruner. */
import type { Command } from 'commander';
import type * as Actions from '../actions/edit-search.ts';
import { text } from '../options/arguments.ts';
import { labCommand } from '../options/lab-command.ts';
import type { Context } from '../process/context.ts';

export function addEdit(program: Command, context: Context): void {
  const several = (value: string, before: readonly string[] = []): readonly string[] => [
    ...before,
    value,
  ];
  labCommand(
    program,
    'edit',
    "edit a study's search while it runs: ranges, fixed parameters, sampler, pruner",
  )
    .argument('<study>', "the study's name, or its uid")
    .option('--range <name=low..high>', 'bounds of a parameter, or its choices: a,b,c', several)
    .option('--fix <name=value>', 'search a parameter no longer, but set it to a value', several)
    .option('--free <name>', 'search a fixed parameter again, or all its choices', several)
    .option('--sampler <name>', 'another sampler, with settings: "tpe startup=20"', text)
    .option('--pruner <name>', 'another pruner, with settings, or none', text)
    .option('--dry-run', 'check the edit and say what it would change')
    .addHelpText(
      'after',
      `
The history stays. Trials that are waiting or running finish with their points; trials proposed from then
on are inside the new ranges. The sampler learns from the earlier trials that are inside them. A program
that runs the study takes the edit within two seconds. For the number of trials and minutes, see
galapagos run --resume.

Examples:
  galapagos edit mnist --range learningRate=1e-3..1e-1
  galapagos edit mnist --range batch=32,64 --fix momentum=0.9
  galapagos edit mnist --sampler tpe --pruner "median warmup=2"
  galapagos edit mnist --free momentum --dry-run`,
    )
    .action(async (named: string, options: Actions.EditOptions) => {
      // Loaded on demand: loading the action would slow down every other command.
      const { editStudy } = await import('../actions/edit-search.ts');
      await editStudy(context, named, options);
    });
}
