/** `galapagos export STUDY`. */
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { integer, text } from '../arguments.ts';
import { print, printJson } from '../context.ts';
import type { Context } from '../context.ts';
import { bestConfigsOf, csvText, jsonText, TOP } from '../export.ts';
import { labCommand, withLab } from '../lab-command.ts';
import type { LabOptions } from '../lab-command.ts';
import { exportedStudy, exportedTrials, knownStudy } from '../lab-output.ts';
import { writeAtomically } from '../write-atomically.ts';

interface ExportOptions extends LabOptions {
  readonly top: number;
  readonly format: 'json' | 'csv';
  readonly output?: string;
}

export function addExport(program: Command, context: Context): void {
  labCommand(
    program,
    'export',
    'the best configurations of a study as best-configs.json or CSV',
    'say what was written as one JSON document',
  )
    .argument('<study>', "the study's name, or its uid")
    .option('--top <n>', 'how many', integer(1), TOP)
    .addOption(new Option('--format <format>', 'of the file').choices(['json', 'csv']).default('json'))
    .option('--output <file>', 'the file to write, whole or not at all (default: stdout)', text)
    .addHelpText(
      'after',
      `
Examples:
  galapagos export mnist --output best-configs.json
  galapagos export mnist --top 20 --format csv > best.csv`,
    )
    .action(async (named: string, { lab, top, format, output, json = false }: ExportOptions) => {
      const configs = await withLab(context, lab, (reader) => {
        const study = knownStudy(reader, named, lab);
        return bestConfigsOf(exportedStudy(study), exportedTrials(reader.best(study.uid ?? study.name, top)));
      });
      const content = format === 'json' ? jsonText(configs) : csvText(configs);
      if (output === undefined) {
        context.streams.stdout.write(content);
        return;
      }
      writeAtomically(resolve(context.streams.cwd, output), content);
      const configurations = configs.best.length;
      if (json) printJson(context, { file: output, configurations });
      else print(context, [`Wrote ${output} (${configurations} ${configurations === 1 ? 'configuration' : 'configurations'}).`]);
    });
}
