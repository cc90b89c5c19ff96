/** `galapagos datasets import | list | show | remove | nodes`. */
import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { nearestName } from '../../core/nearest-name.ts';
import { BUNDLED_NAMES, catalogueOf } from '../../datasets/catalogue.ts';
import { datasetsFolder } from '../../datasets/places.ts';
import { DEFAULTS, ImportCancelled, type ImportOptions } from '../../datasets/import/options.ts';
import { removeDataset } from '../../datasets/store.ts';
import { datasetOutput, importedOutput, storedOutput } from '../../documents/dataset-output.ts';
import type { DatasetOutput, DatasetsOutput, ImportOutput } from '../../protocol/cli-output.ts';
import { datasetText, datasetsText, importEnd } from '../display/dataset-text.ts';
import { duration } from '../display/format.ts';
import { ImportDisplay } from '../display/import-display.ts';
import { integer, real, text } from '../options/arguments.ts';
import { print, printJson, widthOf } from '../process/context.ts';
import type { Context } from '../process/context.ts';
import { EXIT, UsageError } from '../process/exit-codes.ts';
import { onInterrupt } from '../process/interrupt.ts';

interface Json {
  readonly json?: boolean;
}

interface ImportFlags extends Json {
  readonly name?: string;
  readonly size?: ImportOptions['size'];
  readonly channels?: '1' | '3';
  readonly label?: string;
  readonly targets?: readonly string[];
  readonly drop?: readonly string[];
  readonly test: number;
  readonly seed: number;
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

export function addDatasets(program: Command, context: Context): void {
  const datasets = program
    .command('datasets')
    .description('import, list, show and remove datasets')
    .addHelpText(
      'after',
      `
Every subcommand accepts --json and --help. Datasets are stored in
${datasetsFolder(context.userFolder)}; set GALAPAGOS_HOME to store them elsewhere.

Examples:
  galapagos datasets import ./cifar-10-python.tar.gz --name cifar-10
  galapagos datasets list
  galapagos datasets show cifar-10`,
    );
  addImport(datasets, context);
  addList(datasets, context);
  addShow(datasets, context);
  addRemove(datasets, context);
  addOnNodes(datasets, context);
}

function addOnNodes(datasets: Command, context: Context): void {
  datasets
    .command('nodes')
    .description('list the datasets that the nodes of the shared lab fetch or have fetched')
    .option('--json', 'print one JSON document')
    .action(async ({ json = false }: Json) => {
      // Loaded on demand, as only a shared lab has nodes.
      const { listNodeDatasets } = await import('../actions/node-datasets.ts');
      listNodeDatasets(context, json);
    });
}

function addImport(datasets: Command, context: Context): void {
  datasets
    .command('import')
    .description(
      'import a file, folder or archive as a dataset; the format is detected from the content',
    )
    .argument(
      '<path>',
      'IDX, CIFAR, NPY, NPZ, CSV, Parquet, class folders of PNG and JPEG; or a zip, tar, gzip or xz of them',
      text,
    )
    .option('--name <name>', 'name of the dataset in study files (default: from the path)', text)
    .option('--size <HxW>', 'bring all images to this size, e.g. 32x32', imageSize)
    .addOption(
      new Option('--channels <n>', 'bring all images to grey (1) or colour (3)').choices([
        '1',
        '3',
      ]),
    )
    .option(
      '--label <column>',
      'column of the class, by name or number from 1; for NPZ an array of labels, for CIFAR-100 fine or coarse',
      text,
    )
    .option(
      '--targets <columns>',
      'columns of numbers to predict instead of a class, separated by commas',
      list,
    )
    .option('--drop <columns>', 'columns to exclude, separated by commas', list)
    .option(
      '--test <share>',
      'share of samples drawn as the test set if the source has none',
      share,
      DEFAULTS.testShare,
    )
    .option('--seed <n>', 'seed of that random draw', integer(0), DEFAULTS.seed)
    .option('--replace', 'replace a dataset of the same name')
    .option('--dry-run', 'show what would be imported without storing it')
    .option('--json', 'print one JSON document at the end')
    .addHelpText(
      'after',
      `
Ctrl-C cancels the import; nothing is stored then. docs/datasets.md describes how each format is read.

Examples:
  galapagos datasets import ./photos --size 64x64      folders photos/cat/*.jpg, photos/dog/*.jpg
  galapagos datasets import ./iris.csv --label species
  galapagos datasets import ./houses.csv --targets price --drop id
  galapagos datasets import ./cifar-10-binary.tar.gz --name cifar-10 --dry-run`,
    )
    .action((path: string, flags: ImportFlags) => importFrom(path, flags, context));
}

async function importFrom(path: string, flags: ImportFlags, context: Context): Promise<void> {
  const { streams } = context;
  const { json = false, replace = false, dryRun = false } = flags;
  // Loaded on demand: no other command needs the readers.
  const { startImport } = await import('../../datasets/import/start-import.ts');
  const controller = new AbortController();
  const display = json || streams.stdout.isTTY !== true ? null : new ImportDisplay(streams.stdout);
  const stopHearing = onInterrupt(() => controller.abort());
  const started = performance.now();
  try {
    const { name, imported, same, stored } = await startImport({
      paths: [resolve(streams.cwd, path)],
      as: null,
      name: flags.name ?? null,
      folder: datasetsFolder(context.userFolder),
      imported: new Date().toISOString(),
      options: {
        size: flags.size ?? null,
        channels: flags.channels === undefined ? null : flags.channels === '1' ? 1 : 3,
        mixed: 'refuse',
        label: flags.label ?? null,
        targets: flags.targets ?? [],
        drop: flags.drop ?? [],
        testShare: flags.test,
        seed: flags.seed,
      },
      replace,
      dryRun,
      signal: controller.signal,
      onProgress: (progress) => display?.show(progress, performance.now() - started),
    });
    display?.clear();
    const milliseconds = performance.now() - started;
    const dataset =
      stored === null
        ? importedOutput(name, resolve(streams.cwd, path), imported)
        : storedOutput(stored);
    const output: ImportOutput = { stored: stored !== null, milliseconds, same, dataset };
    if (json) {
      printJson(context, output);
      return;
    }
    print(context, datasetText(dataset, widthOf(context)));
    const took = `in ${duration(milliseconds)}`;
    print(context, ['', ...importEnd(took, stored?.name ?? null, same, dryRun)]);
  } catch (error) {
    display?.clear();
    if (!(error instanceof ImportCancelled)) throw error;
    streams.stderr.write('galapagos: import cancelled; nothing was stored\n');
    context.exitWith(EXIT.interrupted);
  } finally {
    stopHearing();
  }
}

function addList(datasets: Command, context: Context): void {
  datasets
    .command('list')
    .description('list the datasets')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  galapagos datasets list\n  galapagos datasets list --json',
    )
    .action(({ json = false }: Json) => {
      const folder = datasetsFolder(context.userFolder);
      const output: DatasetsOutput = {
        folder,
        datasets: catalogueOf(folder)
          .names()
          .map((name) => listed(folder, name)),
      };
      if (json) printJson(context, output);
      else print(context, datasetsText(output, widthOf(context)));
    });
}

function listed(folder: string, name: string): DatasetsOutput['datasets'][number] {
  try {
    const dataset: DatasetOutput | null = datasetOutput(folder, name);
    return { name, problem: null, dataset };
  } catch (error) {
    return { name, problem: error instanceof Error ? error.message : String(error), dataset: null };
  }
}

function addShow(datasets: Command, context: Context): void {
  datasets
    .command('show')
    .description('show a dataset: classes, splits, shape and statistics')
    .argument('<name>', 'its name', text)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      '\nExamples:\n  galapagos datasets show mnist\n  galapagos datasets show cifar-10 --json',
    )
    .action((name: string, { json = false }: Json) => {
      const folder = datasetsFolder(context.userFolder);
      const dataset = datasetOutput(folder, name) ?? unknown(folder, name);
      if (json) printJson(context, dataset);
      else print(context, datasetText(dataset, widthOf(context)));
    });
}

function addRemove(datasets: Command, context: Context): void {
  datasets
    .command('remove')
    .description('remove an imported dataset; studies that use it can no longer run')
    .argument('<name>', 'its name', text)
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExamples:\n  galapagos datasets remove cifar-10')
    .action((name: string, { json = false }: Json) => {
      const folder = datasetsFolder(context.userFolder);
      if (BUNDLED_NAMES.includes(name))
        throw new UsageError(`${name} is built in and cannot be removed`, 'unknown-dataset');
      if (!removeDataset(folder, name)) unknown(folder, name);
      if (json) printJson(context, { removed: name });
      else print(context, [`Removed ${name}.`]);
    });
}

function unknown(folder: string, name: string): never {
  const names = catalogueOf(folder).names();
  const nearest = nearestName(name, names);
  throw new UsageError(
    `there is no dataset ${JSON.stringify(name)}.${nearest === undefined ? '' : ` Did you mean ${nearest}?`} The datasets are ${names.join(', ')}.`,
    'unknown-dataset',
  );
}

function imageSize(given: string): ImportOptions['size'] {
  const [, height, width] = /^(\d{1,4})(?:[x×](\d{1,4}))?$/.exec(given.trim()) ?? [];
  const size = { height: Number(height), width: Number(width ?? height) };
  if (!(size.height >= 1 && size.width >= 1))
    throw new InvalidArgumentError(
      `Expected a size such as 32x32, found ${JSON.stringify(given)}.`,
    );
  return size;
}

function list(given: string): string[] {
  return given.split(',').map((name) => text(name.trim()));
}

function share(given: string): number {
  const value = real({ above: 0 })(given);
  if (value >= 1)
    throw new InvalidArgumentError(`Expected a share below 1, found ${JSON.stringify(given)}.`);
  return value;
}
