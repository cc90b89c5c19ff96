/** `galapagos trials STUDY`. */
import { once } from 'node:events';
import type { Command } from 'commander';
import { knownStudy, scoreKindOfStudy, trialOutput } from '../../documents/lab-output.ts';
import type { Context } from '../context.ts';
import { labCommand, withLab } from '../lab-command.ts';
import type { LabOptions } from '../lab-command.ts';
import { trialText } from '../lab-text.ts';

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
          const trial = trialOutput(record, kind);
          const line = json ? JSON.stringify(trial) : trialText(trial);
          if (!stdout.write(`${line}\n`)) await once(stdout, 'drain');
        }
      });
    });
}
