/** `galapagos show STUDY`. */
import type { Command } from 'commander';
import type { ShowOutput } from '../../protocol/cli-output.ts';
import { print, printJson } from '../context.ts';
import type { Context } from '../context.ts';
import { labCommand, withLab } from '../lab-command.ts';
import type { LabOptions } from '../lab-command.ts';
import { knownStudy, measureOfStudy, searchedOutput, studyOutput } from '../lab-output.ts';
import { showText } from '../lab-text.ts';

export function addShow(program: Command, context: Context): void {
  labCommand(program, 'show', 'one study: its state, its best, what it searches and how')
    .argument('<study>', "the study's name, or its uid")
    .addHelpText(
      'after',
      `
Examples:
  galapagos show mnist
  galapagos show mnist --lab other.db --json`,
    )
    .action(async (named: string, { lab, json = false }: LabOptions) => {
      const study = await withLab(context, lab, (reader) => knownStudy(reader, named, lab));
      const output: ShowOutput = { lab, study: studyOutput(study), searched: searchedOutput(study) };
      if (json) printJson(context, output);
      else print(context, showText(output, measureOfStudy(study)));
    });
}
