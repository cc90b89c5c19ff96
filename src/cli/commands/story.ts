/** `galapagos story STUDY TRIAL`. */
import type { Command } from 'commander';
import { knownStudy, storyOutput } from '../../documents/lab-output.ts';
import { storyText } from '../display/lab-text.ts';
import { integer } from '../options/arguments.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';

interface StoryOptions extends LabOptions {
  readonly verbose?: boolean;
}

export function addStory(program: Command, context: Context): void {
  labCommand(
    program,
    'story',
    'show what happened to a trial: its origin, its attempts and its result',
  )
    .argument('<study>', "the study's name, or its uid")
    .argument('<trial>', "the trial's number", integer(0))
    .option('--verbose', 'add the scheduler events with their causes')
    .addHelpText(
      'after',
      `
Examples:
  galapagos story mnist 14
  galapagos story mnist 14 --verbose
  galapagos story mnist 14 --json`,
    )
    .action(
      async (
        named: string,
        trial: number,
        { lab, json = false, verbose = false }: StoryOptions,
      ) => {
        const output = await withLab(context, lab, (reader) => {
          const study = knownStudy(reader, named, lab);
          const story = reader.story(study.uid ?? study.name, trial);
          if (story !== null) return storyOutput(study, story);
          const count = Object.values(study.counts).reduce((sum, n) => sum + n, 0);
          const range = count === 0 ? 'it has none yet' : `it has trials 0 … ${count - 1}`;
          throw new UsageError(`${study.name} has no trial ${trial}: ${range}`, 'unknown-trial');
        });
        if (json) printJson(context, output);
        else print(context, storyText(output, verbose));
      },
    );
}
