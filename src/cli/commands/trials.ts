/** `galapagos trials STUDY`. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { knownStudy, scoreKindOfStudy, trialOutput } from '../../documents/lab-output.ts';
import { trialText } from '../display/lab-text.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import type { Context } from '../process/context.ts';

export function addTrials(program: Command, context: Context): void {
  labCommand(
    program,
    'trials',
    'list the trials of a study by number',
    'print one JSON object per line',
  )
    .argument('<study>', "the study's name, or its uid")
    .addHelpText(
      'after',
      `
Examples:
  galapagos trials mnist
  galapagos trials mnist --json | head`,
    )
    .action(async (named: string, { lab, json = false }: LabOptions) => {
      const { stdout } = context.streams;
      await withLab(context, lab, async (reader) => {
        const study = knownStudy(reader, named, lab);
        const kind = scoreKindOfStudy(study);
        for (const record of reader.trials(study.uid ?? study.name)) {
          const trial = trialOutput(record, kind, study.spec);
          const line = json ? JSON.stringify(trial) : trialText(trial);
          if (!stdout.write(`${line}\n`)) await once(stdout, 'drain');
        }
      });
    });
}
