/** Text of the datasets page and of imports. */
import { THIN, count } from '../format.ts';
import { list, many } from './words.ts';

/** Hints by the import setting that solves the problem. */
export const importHints = {
  size: 'Choose one size for all images, then import again.',
  channels: 'Choose grey or colour for all images, then import again.',
  label: 'Name the column to predict below, then import again.',
  targets: 'Name the columns to predict below, then import again.',
  drop: 'Exclude that column, then import again.',
} satisfies Readonly<Record<string, string>> as Readonly<Partial<Record<string, string>>>;

export const imports = {
  found: ({ files }: { files: number }) => `${many(files, 'file')} found`,
  uploading: ({ part }: { part: string }) => `${part} sent`,
  samples: ({ samples, of }: { samples: number; of: number | null }) =>
    of === null ? `${count(samples)} images` : `${count(samples)} of ${count(of)} images`,
  left: ({ left }: { left: string }) => `${left} left`,
  andMore: ({ names, more }: { names: string; more: number }) => `${names} and ${count(more)} more`,
  ready: 'Ready to review',
  failed: 'Failed: nothing was stored',
  severalFailed: ({ imports }: { imports: number }) => `${many(imports, 'import')} failed`,
  discardAll: 'Discard all',
  cancelled: 'Cancelled',
  cancel: ({ name }: { name: string }) => `Cancel the import of ${name}`,
  dismiss: ({ name }: { name: string }) => `Discard ${name}`,
};

export const datasets = {
  title: 'Datasets',
  samples: ({ rows, classes }: { rows: number; classes: string }) =>
    `${many(rows, 'sample')} of each class: ${classes}`,
  classes: 'Samples of each class',
  perClass: ({ least, most }: { least: string; most: string }) =>
    `Training samples per class, ${least} to ${most}`,
  evenly: ({ each }: { each: string }) => `${each} training samples of each class`,
  ready: ({ name }: { name: string }) => `${name}: ready to store`,
  known: ({ name }: { name: string }) => `${name}: already available`,
  same: ({ name, bundled }: { name: string; bundled: boolean }) =>
    bundled
      ? `This is the built-in dataset ${name}. It is not stored a second time.`
      : `This is the stored dataset ${name}. Under another name it shares the same copy on disk.`,
  useSame: ({ name }: { name: string }) => `Use ${name} in a study`,
  name: 'Name',
  stored: 'Stored.',
  use: 'Use in a study',
  storeOnly: 'Store only',
  replace: 'Replace the dataset of this name',
  discard: 'Discard',
  remove: 'Remove',
  removeTitle: ({ name }: { name: string }) => `Remove ${name}`,
  removeText:
    'Its samples are deleted from this machine. Studies that used it keep their results but cannot train again.',
  reading: ({ name }: { name: string }) => `Reading ${name}`,
  importFailed: ({ name }: { name: string }) => `${name} was not stored`,
  gone: 'This import no longer exists.',
  empty: 'Drop a file, folder or archive, or choose one.',
  choose: 'Choose files',
  chooseFolder: 'Choose a folder',
  recognised: 'Format',
  recognisedAs: ({ kind, how }: { kind: string; how: string }) => `${kind}: ${how}`,
  bundled: 'included with Galapagos',
  shape: 'Shape',
  classesAre: 'Classes',
  source: 'Source',
  imported: 'Stored',
  size: 'Size on disk',
  split: 'Split',
  splitIs: ({
    training,
    test,
    drawn,
  }: {
    training: number;
    test: number;
    drawn: { share: number; seed: number } | null;
  }) =>
    drawn === null
      ? `${count(training)} training and ${many(test, 'test sample')}, split as in the source`
      : `${count(training)} training and ${many(test, 'test sample')}, ${(drawn.share * 100).toFixed(0)}${THIN}% drawn at random with seed ${drawn.seed}`,
  hash: 'SHA-256',
  rows: ({ rows, features }: { rows: number; features: number }) =>
    `First ${many(rows, 'row')} of ${many(features, 'feature')}`,
  features: ({ features }: { features: number }) => many(features, 'feature'),
  numbers: ({ targets }: { targets: number }) =>
    many(targets, 'number to predict', 'numbers to predict'),
  warning: (code: string, data: Readonly<Record<string, unknown>>): string => {
    const factOf = (name: string): string => {
      const fact = data[name];
      return typeof fact === 'number' ? count(fact) : typeof fact === 'string' ? fact : '';
    };
    switch (code) {
      case 'imbalance':
        return `Class sizes differ, ${typeof data['ratio'] === 'number' ? data['ratio'].toFixed(0) : factOf('ratio')} : 1. Accuracy favours the large classes.`;
      case 'scaled':
        return `${factOf('images')} images of another size are scaled to ${factOf('width')} × ${factOf('height')}.`;
      case 'one-class':
        return `All samples have the same class, ${factOf('name')}. A classifier needs at least two.`;
      case 'empty-classes':
        return `Classes without a sample: ${Array.isArray(data['names']) ? list(data['names'].map(String)) : factOf('names')}.`;
      default:
        return factOf('message') === '' ? code : factOf('message');
    }
  },
  again: 'Import again',
  againSize: 'Scale all images to',
  againWidth: 'Width in pixels',
  againHeight: 'Height in pixels',
  againChannels: 'Convert all images to',
  grey: 'grey',
  colour: 'colour',
  againLabel: 'Column to predict',
  againTargets: 'Columns to predict, separated by commas',
  againPredicted: 'Predict',
  againChoose: 'Choose a column',
  againClass: 'A class',
  againNumbers: 'A number',
  againWithout: ({ column }: { column: string }) => `Exclude ${column} and import again`,
  predicted: 'Column to predict',
  label: 'Label',
  predicts: ({ columns }: { columns: readonly string[] }) => `Predicts ${list(columns)}`,
  labelChange: 'Choose another label',
  labelSeveral: 'Several columns',
  labelReading: ({ name }: { name: string }) => `Reading ${name} with the other label`,
  labelGone: 'To choose another label, import the source again: it is no longer available.',
};
