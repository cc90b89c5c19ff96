/**
 * `galapagos export STUDY`: configurations as a file, or the best trial's model, which is trained
 * again.
 */
import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Command } from 'commander';
import { bestConfigsOf, bestOf, jsonText } from '../../documents/best-configs.ts';
import { csvText } from '../../documents/csv.ts';
import { exportedStudy, knownStudy } from '../../documents/lab-output.ts';
import { withCommandLines } from '../../studies/command-lines.ts';
import { TOP } from '../actions/export-best.ts';
import { exportModel } from '../actions/export-model.ts';
import { integer, text } from '../options/arguments.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';
import { writeAtomically } from '../../runtime/write-atomically.ts';

interface ExportOptions extends LabOptions {
  readonly top: number;
  readonly format: 'json' | 'csv';
  readonly output?: string;
  readonly onnx?: string;
  readonly weights?: string;
  readonly trial?: number;
}

export function addExport(program: Command, context: Context): void {
  labCommand(
    program,
    'export',
    'export the best configurations of a study as JSON or CSV, or its best trial as an ONNX model or weights',
    'print one JSON document that describes the export',
  )
    .argument('<study>', "the study's name, or its uid")
    .option('--top <n>', 'number of configurations', integer(1), TOP)
    .addOption(
      new Option('--format <format>', 'format of the configurations')
        .choices(['json', 'csv'])
        .default('json'),
    )
    .option('--output <file>', 'write the configurations to this file (default: stdout)', text)
    .option('--onnx <file>', 'retrain the best trial and write it as an ONNX model', text)
    .option('--weights <file>', 'retrain the best trial and write its weights as safetensors', text)
    .option(
      '--trial <n>',
      'retrain this trial instead of the best; requires --onnx or --weights',
      integer(0),
    )
    .addHelpText(
      'after',
      `
A lab file contains no weights: --onnx and --weights retrain the trial with its seed. Weights from the wasm executor
are bit-identical to the original ones; their SHA-256 is checked against the recorded one. Ctrl-C cancels; nothing is
written then.

Examples:
  galapagos export mnist --output best-configs.json
  galapagos export mnist --top 20 --format csv > best.csv
  galapagos export mnist --onnx best.onnx --weights best.safetensors
  galapagos export mnist --trial 7 --onnx seven.onnx`,
    )
    .action(async (named: string, options: ExportOptions) => {
      const { onnx, weights, trial, lab, json = false } = options;
      if (onnx !== undefined || weights !== undefined)
        await exportModel(context, named, { onnx, weights, trial, lab, json });
      else if (trial !== undefined) throw new UsageError('--trial requires --onnx or --weights');
      else await exportConfigurations(context, named, options);
    });
}

async function exportConfigurations(
  context: Context,
  named: string,
  { lab, top, format, output, json = false }: ExportOptions,
): Promise<void> {
  const configs = await withLab(context, lab, (reader) => {
    const study = knownStudy(reader, named, lab);
    const key = study.uid ?? study.name;
    return bestConfigsOf(
      exportedStudy(study, reader.energy(key)),
      withCommandLines(study.spec, bestOf(reader, key, study.spec, top), {
        study: study.name,
        lab: reader.file,
      }),
    );
  });
  const content = format === 'json' ? jsonText(configs) : csvText(configs);
  if (output === undefined) {
    context.streams.stdout.write(content);
    return;
  }
  writeAtomically(resolve(context.streams.cwd, output), content);
  const configurations = configs.best.length;
  if (json) printJson(context, { file: output, configurations });
  else
    print(context, [
      `Wrote ${output} (${configurations} ${configurations === 1 ? 'configuration' : 'configurations'}).`,
    ]);
}
