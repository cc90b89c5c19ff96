/** `galapagos studies`. */
import type { Command } from 'commander';
import { studyOutput } from '../../documents/lab-output.ts';
import type { StudiesOutput } from '../../protocol/cli-output.ts';
import { print, printJson, widthOf } from '../context.ts';
import type { Context } from '../context.ts';
import { labCommand, withLab } from '../lab-command.ts';
import type { LabOptions } from '../lab-command.ts';
import { studiesText } from '../lab-text.ts';

export function addStudies(program: Command, context: Context): void {
  labCommand(program, 'studies', 'list the studies of a lab file')
    .addHelpText(
      'after',
      `
Examples:
  galapagos studies
  galapagos studies --lab other.db --json`,
    )
    .action(async ({ lab, json = false }: LabOptions) => {
      const studies = await withLab(context, lab, (reader) => reader.studies().map(studyOutput));
      const output: StudiesOutput = { lab, studies };
      if (json) printJson(context, output);
      else print(context, studiesText(output, widthOf(context)));
    });
}
