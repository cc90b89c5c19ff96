/** Describes a recognised source in words: `CIFAR-10, python archive`, `6 files match`. */
import type { Importing } from './importing.ts';
import type { Kind } from './recognise.ts';

/** Kinds that are data, images aside. */
export type SetKind = Exclude<Kind, 'image' | 'text' | 'other'>;

/** For errors. */
export const WORDS: Readonly<Record<SetKind | 'image', string>> = {
  image: 'images in class folders',
  idx: 'IDX files',
  'cifar-10': 'CIFAR-10 binary files',
  'cifar-100': 'CIFAR-100 binary files',
  pickle: 'CIFAR python pickles',
  npy: 'NumPy arrays',
  csv: 'CSV tables',
  parquet: 'Parquet files of images',
};

/** Wording for an archive and for single files; one of those. */
const KINDS: Readonly<
  Record<SetKind | 'image', readonly [packed: string, open: string, single: string]>
> = {
  image: ['images in class folders, archive', 'images in class folders', 'images in class folders'],
  idx: ['IDX, archive', 'IDX files', 'IDX file'],
  'cifar-10': ['CIFAR-10, binary archive', 'CIFAR-10, binary files', 'CIFAR-10, binary file'],
  'cifar-100': ['CIFAR-100, binary archive', 'CIFAR-100, binary files', 'CIFAR-100, binary file'],
  pickle: ['CIFAR, python archive', 'CIFAR, python files', 'CIFAR, python file'],
  npy: ['NumPy arrays, archive', 'NumPy arrays', 'NumPy array'],
  csv: ['CSV tables, archive', 'CSV tables', 'CSV table'],
  parquet: [
    'Parquet files of images, archive',
    'Parquet files of images',
    'Parquet file of images',
  ],
};

/** @param packed whether all of it came out of an archive */
export function describeSource(
  kind: SetKind | 'image',
  files: number,
  packed: boolean,
  { samples, classes }: Importing,
): { readonly kind: string; readonly match: string } {
  const [archive, several, single] = KINDS[kind];
  const words = packed ? archive : files === 1 ? single : several;
  const [one, many] =
    kind === 'image'
      ? (['image', 'images'] as const)
      : kind === 'npy'
        ? (['array', 'arrays'] as const)
        : (['file', 'files'] as const);
  const matching = `${files.toLocaleString('en')} ${files === 1 ? one : many}`;
  // The labels of pickles show which of the two they are.
  const known = classes.known?.length ?? 0;
  const cifar =
    kind === 'pickle' &&
    samples.form?.shape.join() === '3,32,32' &&
    (known === 10 || known === 100);
  return {
    kind: cifar ? words.replace('CIFAR', `CIFAR-${String(known)}`) : words,
    match:
      kind === 'image'
        ? `${matching}, classes by folder`
        : `${matching} ${files === 1 ? 'matches' : 'match'}`,
  };
}
