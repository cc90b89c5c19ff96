/** `galapagos enqueue STUDY NAME=VALUE…`: points that a person wants tried. */
import type { Command } from 'commander';
import type * as Actions from '../actions/enqueue-points.ts';
import { text } from '../options/arguments.ts';
import { labCommand } from '../options/lab-command.ts';
import type { Context } from '../process/context.ts';

export function addEnqueue(program: Command, context: Context): void {
  labCommand(program, 'enqueue', 'try a given point in a study, also while it runs')
    .argument('<study>', "the study's name, or its uid")
    .argument('[values...]', 'parameters as name=value; missing ones are drawn')
    .option('--file <file>', 'a JSON file with a point or a list of points', text)
    .addHelpText(
      'after',
      `
The program that runs the study takes the point within two seconds, before the sampler is asked again. In
a study that does not run, the point waits until it does. Values are JSON or text.

Examples:
  galapagos enqueue mnist learningRate=0.05 momentum=0.9
  galapagos enqueue mnist dropout=0.1          (the others are drawn)
  galapagos enqueue mnist --file points.json   ([{"learningRate": 0.05}, …])`,
    )
    .action(async (named: string, values: readonly string[], options: Actions.EnqueueOptions) => {
      // Loaded on demand: loading the action would slow down every other command.
      const { enqueuePoints } = await import('../actions/enqueue-points.ts');
      await enqueuePoints(context, named, values, options);
    });
}
