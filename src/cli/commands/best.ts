/** `galapagos best STUDY`. */
import type { Command } from 'commander';
import { bestConfigsOf, bestOf } from '../../documents/best-configs.ts';
import { exportedStudy, knownStudy, scoreKindOfStudy } from '../../documents/lab-output.ts';
import { checkpointsOf, withCommandLines } from '../../studies/command-lines.ts';
import { TOP } from '../actions/export-best.ts';
import { againLines, bestTable } from '../display/summary.ts';
import { integer } from '../options/arguments.ts';
import { labCommand, withLab } from '../options/lab-command.ts';
import type { LabOptions } from '../options/lab-command.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';

export function addBest(program: Command, context: Context): void {
  labCommand(program, 'best', 'show the best configurations of a study, or its Pareto front')
    .argument('<study>', "the study's name, or its uid")
    .option('--top <n>', 'number of configurations; a front is shown whole', integer(1), TOP)
    .addHelpText(
      'after',
      `
Examples:
  galapagos best mnist
  galapagos best mnist --top 20 --json`,
    )
    .action(
      async (named: string, { lab, top, json = false }: LabOptions & { readonly top: number }) => {
        const { study, best, energy } = await withLab(context, lab, (reader) => {
          const found = knownStudy(reader, named, lab);
          const key = found.uid ?? found.name;
          return {
            study: found,
            best: withCommandLines(found.spec, bestOf(reader, key, found.spec, top), {
              study: found.name,
              lab: reader.file,
            }),
            energy: reader.energy(key),
          };
        });
        if (json) printJson(context, bestConfigsOf(exportedStudy(study, energy), best));
        else if (best.length === 0) print(context, [`No trial of ${study.name} has a value yet.`]);
        else {
          const names =
            study.spec === null
              ? [...new Set(best.flatMap(({ params }) => Object.keys(params)))]
              : Object.keys(study.spec.searchSpace);
          const kind = scoreKindOfStudy(study);
          print(context, [
            ...bestTable(best, names, { width: widthOf(context), kind }),
            ...againLines(best[0], checkpointsOf(context.userFolder, study, best[0]?.trial)),
          ]);
        }
      },
    );
}
