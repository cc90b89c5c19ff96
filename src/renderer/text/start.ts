/** Text of the first screen and of the drop area. */
import { THIN } from '../format.ts';
import { many } from './words.ts';

export const start = {
  title: 'What do you want to optimize?',
  lead: ({ gpus }: { gpus: number }) =>
    `Galapagos optimizes the hyperparameters of neural networks and of your own scripts on this machine’s CPU cores${gpus === 0 ? '' : ` and ${gpus === 1 ? 'GPU' : 'GPUs'}`}, and on other machines that you add.`,
  mnist: 'Start with MNIST',
  /** The study that it starts selects an executor of CPUs. */
  mnistText: ({ workers }: { workers: number | null }) =>
    `70,000 handwritten digits, included. The first trials start in about 5${THIN}s${workers === null ? '' : ` on ${many(workers, 'CPU worker')}`}.`,
  mnistButton: 'Start the study',
  starting: 'Starting',
  enter: 'Enter',
  drop: 'Use your own data',
  dropText:
    'Drop a file, folder or archive here: IDX, CIFAR, Parquet, NPZ, CSV, or one folder of images per class.',
  dropButton: 'Choose a file or folder',
  chooseFile: 'Choose files',
  chooseFolder: 'Choose a folder',
  open: 'Open a lab or a study',
  openText: 'A lab file (.db, including those that Optuna writes) or a study file (.json).',
  script: 'Optimize your own script',
  scriptText:
    'A training script in Python, or any program that prints its result. Its options become parameters.',
  /** A browser cannot start programs: it shows the commands to type. */
  scriptButton: ({ inBrowser }: { inBrowser: boolean }) =>
    inBrowser ? 'Show the commands' : 'Choose a script',
  scriptLine: '$ python train.py --lr ',
  digits: 'Handwritten digits of MNIST',
  kinds: ['.tar.gz', '.parquet', 'folder'],
};

export const drop = {
  title: 'Drop to import',
  items: ({ items }: { items: number | null }) =>
    `${items === null ? '' : `${many(items, 'item')}. `}The format is detected from the content. You see a preview before anything is stored.`,
  goesOn: 'The running study continues.',
  kinds:
    'Reads IDX, CIFAR, Parquet, NPZ, CSV and folders of images, plain or in .zip, .tar, .tar.gz and .tar.xz. Lab files (.db) and study files (.json) open.',
  nothing: 'None of the dropped files can be read.',
  reading: ({ items }: { items: number }) => `Reading ${many(items, 'file')}`,
};
