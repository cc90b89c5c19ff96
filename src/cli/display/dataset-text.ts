/** Formats datasets for the terminal, without colours. */
import { at } from '../../core/at.ts';
import type { DatasetOutput, DatasetsOutput, ImportOutput } from '../../protocol/cli-output.ts';
import { count, number } from './format.ts';
import { table } from './table.ts';

/** Greatest numbers of rows and values shown of long lists. */
const MOST_CLASSES = 20;
const MOST_NUMBERS = 6;

/**
 * Formats the result of an import and the name for studies.
 * @param stored name under which the samples were stored; null: they were not
 * @param same another dataset with the same samples; null: none
 */
export function importEnd(
  took: string,
  stored: string | null,
  same: ImportOutput['same'],
  dryRun: boolean,
): string[] {
  const it = `the ${same?.bundled === true ? 'built-in' : 'stored'} dataset ${same?.name ?? ''}`;
  const named = (name: string): string =>
    `Use it in a study file with "dataset": ${JSON.stringify(name)}.`;
  if (stored !== null) {
    const shared =
      same === null ? [] : [`It has the same samples as ${it}; both share one copy on disk.`];
    return [`Imported ${took}. ${named(stored)}`, ...shared];
  }
  const kept = `Read ${took}; ${dryRun ? 'nothing was stored (--dry-run)' : 'nothing was stored'}`;
  return same === null
    ? [`${kept}.`]
    : [`${kept}. It has the same samples as ${it}.`, named(same.name)];
}

/** Formats one dataset: summary, classes, notes. */
export function datasetText(dataset: DatasetOutput, width: number): string[] {
  const { name, source, training, test, drawn, statistics, notes, content, bytes, sampleType } =
    dataset;
  const made =
    drawn === null
      ? ''
      : ` (the source has no test set: ${number(drawn.share * 100)} % of each class drawn at random, seed ${drawn.seed})`;
  const lines: [string, string][] = [
    ['source', source === null ? 'built in' : `${source.kind}, ${source.path}`],
    ['samples', `${grouped(training.samples)} training, ${grouped(test.samples)} test${made}`],
    ['shape', shapeText(dataset)],
    [
      'predicts',
      dataset.targets > 0
        ? count(dataset.targets, 'number')
        : `one of ${count(dataset.classes, 'class', 'classes')}`,
    ],
    ['mean', numbers(statistics.mean)],
    [
      'deviation',
      `${numbers(statistics.deviation)}${sampleType === 'u8' ? '  (of the training set, bytes as fractions of 255)' : '  (of the training set)'}`,
    ],
    ...(training.sha256 === null || test.sha256 === null
      ? []
      : ([
          ['training', `sha256 ${training.sha256}`],
          ['test', `sha256 ${test.sha256}`],
        ] as [string, string][])),
    ...(content === null
      ? []
      : ([['on disk', `${megabytes(bytes)}, content ${content}`]] as [string, string][])),
  ];
  const widest = Math.max(...lines.map(([label]) => label.length));
  return [
    `Dataset ${name}`,
    ...lines.map(([label, value]) => `  ${label.padEnd(widest)}  ${value}`),
    ...classes(dataset, width),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `  Note: ${note}`)]),
  ];
}

export function datasetsText({ datasets, folder }: DatasetsOutput, width: number): string[] {
  const rows = datasets.map(({ name, dataset }) =>
    dataset === null
      ? [name, 'damaged', '', '', '', '', '']
      : [
          name,
          dataset.shape.join('×'),
          dataset.targets > 0 ? '–' : String(dataset.classes),
          grouped(dataset.training.samples),
          grouped(dataset.test.samples),
          dataset.content === null ? '–' : megabytes(dataset.bytes),
          dataset.source?.kind ?? 'built in',
        ],
  );
  const head = [
    { title: 'name', align: 'left' },
    { title: 'shape', align: 'left' },
    { title: 'classes', align: 'right' },
    { title: 'training', align: 'right' },
    { title: 'test', align: 'right' },
    { title: 'on disk', align: 'right' },
    { title: 'source', align: 'left' },
  ] as const;
  const problems = datasets.flatMap(({ problem }) => (problem === null ? [] : ['', problem]));
  const hint = datasets.some(({ dataset }) => dataset?.source !== null)
    ? []
    : ['', `No datasets imported in ${folder} yet. To import one: galapagos datasets import PATH`];
  return [...table(head, rows, width), ...problems, ...hint];
}

function classes({ classNames, training, test }: DatasetOutput, width: number): string[] {
  if (classNames.length === 0 || training.perClass.length === 0) return [];
  const shown = classNames
    .slice(0, MOST_CLASSES)
    .map((name, c) => [name, grouped(at(training.perClass, c)), grouped(at(test.perClass, c))]);
  const more = classNames.length - shown.length;
  const lines = table(
    [
      { title: 'class', align: 'left' },
      { title: 'training', align: 'right' },
      { title: 'test', align: 'right' },
    ],
    shown,
    width,
  );
  return [
    '',
    ...lines.map((line) => `  ${line}`),
    ...(more > 0 ? [`  … and ${count(more, 'more class', 'more classes')}`] : []),
  ];
}

function shapeText({ shape, sampleType }: DatasetOutput): string {
  const what = sampleType === 'u8' ? 'bytes' : 'numbers';
  return shape.length === 3
    ? `${shape.join(' × ')} ${what} (channels × height × width)`
    : `${shape.join(' × ')} ${what}`;
}

function numbers(values: readonly number[]): string {
  const shown = values.slice(0, MOST_NUMBERS).map(number).join('  ');
  return values.length > MOST_NUMBERS ? `${shown}  … (${values.length})` : shown;
}

function grouped(n: number): string {
  return n.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return bytes < 1e6
    ? `${Math.ceil(bytes / 1000)} kB`
    : `${(bytes / 1e6).toFixed(bytes < 1e8 ? 1 : 0)} MB`;
}
