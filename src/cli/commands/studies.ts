/**
 * `galapagos studies`, and `galapagos studies rename | note | delete | restore | remove |
 * duplicate`.
 */
import type { Command } from 'commander';
import { studyOutput } from '../../documents/lab-output.ts';
import type { StudiesOutput } from '../../protocol/cli-output.ts';
import type * as Changes from '../actions/change-study.ts';
import { studiesText } from '../display/lab-text.ts';
import { text } from '../options/arguments.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';

export function addStudies(program: Command, context: Context): void {
  const studies = labCommand(
    program,
    'studies',
    'list the studies of a lab file; rename, annotate, delete, restore and duplicate them',
  )
    .addHelpText(
      'after',
      `
A study is changed where no other program has the lab open; in the window it can be
changed at any time. A deleted study keeps its trials until it is removed.

Examples:
  galapagos studies
  galapagos studies --lab other.db --json
  galapagos studies rename mnist mnist-baseline
  galapagos studies note mnist-baseline "learning rate up to 1"
  galapagos studies delete mnist-2
  galapagos studies restore mnist-2
  galapagos studies duplicate mnist --output again.json`,
    )
    .action(async ({ lab, json = false }: LabOptions) => {
      const all = await withLab(context, lab, (reader) => {
        const isHeld = reader.isHeld();
        return reader.studies().map((study) => studyOutput(study, isHeld));
      });
      const output: StudiesOutput = { lab, studies: all };
      if (json) printJson(context, output);
      else print(context, studiesText(output, widthOf(context)));
    });
  add(studies, 'rename', 'rename a study; its trials, exports and confirmations stay')
    .argument('<name>', 'its new name', text)
    .action(async (named: string, name: string, _: LabOptions, command: Command) =>
      (await changes()).renameStudy(context, named, name, command.optsWithGlobals()),
    );
  add(
    studies,
    'note',
    'write a note on a study, which replaces the one before; an empty text removes it',
  )
    .argument('<text>', 'plain text')
    .action(async (named: string, note: string, _: LabOptions, command: Command) =>
      (await changes()).annotateStudy(context, named, note, command.optsWithGlobals()),
    );
  add(studies, 'delete', 'delete a study; it can be restored until it is removed').action(
    async (named: string, _: LabOptions, command: Command) =>
      (await changes()).deleteStudy(context, named, command.optsWithGlobals()),
  );
  add(studies, 'restore', 'restore a deleted study').action(
    async (named: string, _: LabOptions, command: Command) =>
      (await changes()).restoreStudy(context, named, command.optsWithGlobals()),
  );
  add(
    studies,
    'remove',
    'remove a deleted study and its trials from the lab file, for good',
  ).action(async (named: string, _: LabOptions, command: Command) =>
    (await changes()).removeForGood(context, named, command.optsWithGlobals()),
  );
  add(
    studies,
    'duplicate',
    'print the study file of a study, under a new name, ready for galapagos run',
  )
    .option('--name <name>', 'of the copy (default: the next free name)', text)
    .option('--output <file>', 'write the study file there (default: stdout)', text)
    .action(async (named: string, _: LabOptions, command: Command) =>
      (await changes()).duplicateStudy(context, named, command.optsWithGlobals()),
    );
}

/**
 * Adds a subcommand on one study. Its parent has the same options and parses them first: read both
 * with `optsWithGlobals`.
 */
function add(studies: Command, name: string, description: string): Command {
  return labCommand(studies, name, description).argument('<study>', "the study's name, or its uid");
}

/** Loaded on demand: listing studies needs no scheduler. */
function changes(): Promise<typeof Changes> {
  return import('../actions/change-study.ts');
}
