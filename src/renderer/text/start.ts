/** Text of the first screen and of the drop area. */
import { THIN, count } from '../format.ts';
import { list, many } from './words.ts';

export const start = {
  title: 'What shall evolve?',
  lead: 'Galapagos searches the settings of small neural networks on every GPU and CPU of this machine. Nothing leaves it.',
  mnist: 'Start with MNIST',
  mnistText: ({ gpus, workers }: { gpus: number; workers: number | null }) => {
    const devices = [...(gpus > 0 ? [many(gpus, 'GPU')] : []), ...(workers === null ? [] : [many(workers, 'CPU worker')])];
    return `70,000 handwritten digits, already here. The first trials start in about 5${THIN}s${devices.length === 0 ? '' : ` on ${list(devices)}`}.`;
  },
  mnistButton: 'Start evolving',
  starting: 'Starting',
  enter: 'Enter',
  drop: 'Drop your data here',
  dropText: 'A file, folder or archive: IDX, CIFAR, Parquet, NPZ, CSV, or one folder of images per class.',
  dropButton: 'Choose a file or folder',
  chooseFile: 'Choose files',
  chooseFolder: 'Choose a folder',
  open: 'Open a lab or a study',
  openText: 'A lab file (.db, also one written by Optuna) or a study (.json) from a colleague.',
  openButton: 'Open',
  digits: 'Handwritten digits of MNIST',
  kinds: ['.tar.gz', '.parquet', 'folder'],
};

export const drop = {
  title: 'Drop to import',
  items: ({ items }: { items: number | null }) =>
    `${items === null ? 'Items are' : items === 1 ? 'One item. It is' : `${count(items)} items. They are`} recognised by content, previewed, then stored.`,
  goesOn: 'The running study goes on.',
  kinds:
    'Reads IDX, CIFAR, Parquet, NPZ, CSV and folders of images, plain or in .zip, .tar, .tar.gz and .tar.xz. Lab files (.db) and studies (.json) open.',
  nothing: 'Nothing that can be read was dropped.',
  reading: ({ items }: { items: number }) => `Looking through ${many(items, 'file')}`,
};
