/** Text of the form that sets up a study. */
import { at } from '../../core/at.ts';
import { deviceName } from '../../core/device.ts';
import { count } from '../format.ts';
import { list, many } from './words.ts';

export const setUp = {
  title: 'New study',
  name: 'Name of the study',
  mode: 'Edit the study as',
  form: 'Form',
  json: 'JSON',
  open: 'Open study file',
  save: 'Save',
  start: 'Start',
  problems: ({ problems }: { problems: number }) => many(problems, 'error'),
  problem: ({
    path,
    expected,
    found,
    hint,
  }: {
    path: string;
    expected: string;
    found: string;
    hint?: string | null;
  }) =>
    `${path}: expected ${expected}, found ${found}${hint === null || hint === undefined ? '' : ` (${hint})`}.`,
  /** Problem shown at its field: `Trials: expected an integer ≥ 1, found 0.` */
  fieldProblem: ({
    field,
    expected,
    found,
    hint,
  }: {
    field: string | null;
    expected: string;
    found: string;
    hint: string | null;
  }) =>
    `${field === null ? 'Expected' : `${field}: expected`} ${expected}, found ${found}${hint === null ? '' : ` (${hint})`}.`,
  otherProblems: 'Errors without a field in the form. Edit them in the JSON tab',
  badJson: ({ problem }: { problem: string }) => `${problem}. The form keeps the last valid study.`,
  data: 'Data',
  change: 'Change',
  dataset: ({
    training,
    test,
    shape,
    classes,
    targets,
  }: {
    training: { samples: number };
    test: { samples: number };
    shape: readonly number[];
    classes: number;
    targets: number;
  }) =>
    `${count(training.samples)} training and ${many(test.samples, 'test sample')}, ${shape.length === 3 ? `${at(shape, 1)} × ${at(shape, 2)}${shape[0] === 3 ? ', colour' : ''}` : many(at(shape, 0), 'feature')}, ${targets > 0 ? many(targets, 'number to predict', 'numbers to predict') : many(classes, 'class', 'classes')}`,
  model: 'Model',
  layers: 'Layers and their output shapes',
  moveUp: ({ layer }: { layer: number }) => `Move layer ${layer} up`,
  moveDown: ({ layer }: { layer: number }) => `Move layer ${layer} down`,
  insertLayer: ({ layer }: { layer: number }) => `Insert a layer below layer ${layer}`,
  removeLayer: ({ layer }: { layer: number }) => `Remove layer ${layer}`,
  typeOf: ({ layer }: { layer: number }) => `Type of layer ${layer}`,
  block: 'block',
  hiddenFields: ({ fields }: { fields: readonly string[] }) => `in JSON: ${list(fields)}`,
  layerMode: 'Edit the layers as',
  layerRows: 'Rows',
  layerJson: 'JSON',
  layersAsJson: 'Layers as JSON',
  layersHint: 'A value is a number, or the name of a parameter that the search sets, e.g. units.',
  badLayers: ({ problem }: { problem: string }) =>
    `${problem}. The network keeps its last valid layers.`,
  weights: ({ low, high }: { low: string; high: string }) =>
    low === high ? `${low} weights` : `${low} to ${high} weights`,
  shapes: ({ low, high }: { low: string; high: string }) => `${low} to ${high}`,
  doesNotFit: 'does not fit',
  misfit: ({ expected, found }: { expected: string; found: string }) =>
    `Expected ${expected}, found ${found}.`,
  editLayers: 'Edit layers',
  doneEditing: 'Close the layers',
  fits: ({ weights }: { weights: string }) =>
    `Blue: set by the search. All shapes fit; ${weights}.`,
  space: 'Search space',
  spaceColumns: ['Parameter', 'Kind', 'From', 'To', 'Step', 'Log', 'Only if'],
  kinds: { float: 'float', int: 'int', categorical: 'choice' },
  fields: { low: 'from', high: 'to', step: 'step', log: 'logarithmic' },
  /** Names of the fields of a parameter, by key. */
  fieldNames: {
    low: 'from',
    high: 'to',
    step: 'step',
    log: 'logarithmic',
    choices: 'choices',
    when: 'only if',
    type: 'kind',
  } as Readonly<Record<string, string>>,
  fieldOf: ({ name, field }: { name: string; field: string }) => `${name}, ${field}`,
  nameOf: ({ name }: { name: string }) => `Name of ${name}`,
  kindOf: ({ name }: { name: string }) => `Kind of ${name}`,
  choicesOf: ({ name }: { name: string }) => `Choices of ${name}, separated by commas`,
  whenOf: ({ name }: { name: string }) => `When ${name} is searched`,
  valueOf: ({ name }: { name: string }) => `Value of ${name}`,
  searchIt: ({ name }: { name: string }) => `Search ${name}`,
  fixedTo: 'fixed to',
  always: 'always',
  addParameter: 'Add parameter',
  unused: ({ names }: { names: readonly string[] }) =>
    `Nothing in the network or the settings uses ${list(names)}, so searching ${names.length === 1 ? 'it' : 'them'} changes no result.`,
  removeUnused: ({ names }: { names: readonly string[] }) => `Remove ${list(names)}`,
  ownNetwork: 'Edited layers',
  removeParameter: ({ name }: { name: string }) => `Remove ${name}`,
  gridSize: ({ size }: { size: string }) => `Grid: ${size} points`,
  noGrid: ({ floats }: { floats: number }) =>
    `Grid: no size, ${floats === 1 ? 'one float has no step' : `${count(floats)} floats have no step`}`,
  sampler: 'Sampler',
  samplerSettings: 'Settings',
  pruning: {
    title: 'Early stopping',
    noReports: 'This objective reports only its end, so no trial is stopped early.',
  },
  stop: 'Stop after',
  stopNames: { trials: 'Trials', minutes: 'Minutes', target: 'Value' } as Readonly<
    Record<string, string>
  >,
  stopFields: {
    trials: 'Stop after this number of trials',
    minutes: 'Stop after this number of minutes',
    target: 'Stop at this value',
  },
  trials: 'trials',
  minutes: 'min',
  or: 'or',
  orTarget: ({ accuracy }: { accuracy: boolean }) => (accuracy ? 'or accuracy of' : 'or value of'),
  noLimit: 'no limit',
  training: 'Training',
  /** Names of the training settings, by key. */
  settings: {
    epochs: 'Epochs',
    batch: 'Batch size',
    validation: 'Validation share',
    optimizer: 'Optimizer',
    type: 'Optimizer',
    learningRate: 'Learning rate',
    momentum: 'Momentum',
    beta1: 'Beta 1',
    beta2: 'Beta 2',
    alpha: 'Alpha',
    epsilon: 'Epsilon',
    weightDecay: 'Weight decay',
  } as Readonly<Record<string, string>>,
  optimizers: { sgd: 'SGD', adam: 'Adam', adamw: 'AdamW', rmsprop: 'RMSprop' },
  layerField: ({ layer, field }: { layer: number; field: string }) =>
    `Layer ${layer}${field === '' ? '' : `, ${field}`}`,
  referenceHint: 'A number, or the name of a parameter of the search space',
  referenceNote:
    'Type the name of a parameter in place of a number to search it, e.g. learningRate.',
  searchedAs: ({ name }: { name: string }) => `Searched as parameter ${name}`,
  settingInJson: 'set in JSON',
  device: {
    label: 'Devices',
    executor: ({ executor }: { executor: string }) => `not used: the study selects ${executor}`,
    synthetic: 'not used: the objective is computed on CPUs',
    noWorker: 'no worker uses it',
    broken: ({ executor, reason }: { executor: string; reason: string }) =>
      `no executor works on it: ${executor}: ${reason}`,
    notHere: 'not on this machine, or without a worker',
    measuring: 'speed being measured',
    notMeasured: 'speed not measured',
    failed: ({ reason }: { reason: string }) => `not measured: ${reason}`,
    speed: ({ rate, workers }: { rate: string; workers: number }) =>
      `${rate} samples/s${workers > 1 ? ` each, ${many(workers, 'worker')}` : ''}`,
  },
  workers: 'CPU workers',
  workersUnknown: 'CPU workers of this machine',
  workersOf: ({ workers }: { workers: number }) =>
    `of ${many(workers, 'CPU worker')} on this machine. Leave empty to use all`,
  gpusIdle: ({ gpus, executor }: { gpus: number; executor: string }) =>
    `${many(gpus, 'GPU')} will be idle: the study selects the executor ${executor}, which computes on CPUs with reproducible results.`,
  useGpus: 'Use every device',
  packing: ({ gpus }: { gpus: number }) => `On ${many(gpus, 'GPU')}`,
  packingColumns: {
    lanes: 'together',
    results: 'results',
    time: 'time',
    same: 'for about the same result',
  },
  packingSame: 'For this study both choices are the same.',
  packingSameBudget: 'these trials',
  packingMore: ({ trials, time }: { trials: number; time: string }) =>
    `${many(trials, 'trial')}, ${time}`,
  packings: {
    'fewer-evaluations': {
      label: 'Fewer evaluations',
      meaning:
        'A GPU trains at most an eighth of the trials together, or eight, so that each trial is proposed from more results.',
    },
    sooner: {
      label: 'Sooner',
      meaning:
        'A GPU trains as many trials together as fill it. The study ends sooner and may need more trials for the same result.',
    },
  },
  estimate: 'Estimate',
  untilStopped: 'Until you stop it',
  estimateOf: ({
    trials,
    epochs,
    perMinute,
  }: {
    trials: number | null;
    epochs: number;
    perMinute: string;
  }) =>
    `${trials === null ? 'Trials' : many(trials, 'trial')}${epochs === 0 ? '' : ` of up to ${many(epochs, 'epoch')}`}, about ${perMinute} trials/min`,
  measuredAgo: ({ age }: { age: string }) => `Benchmarked ${age} ago`,
  measuredRow: ({ device, executor }: { device: string; executor: string }) =>
    // The label goes on with the model and the driver.
    `${deviceName(device)}, ${executor.split(':')[0] ?? executor}`,
  measuredTitle: ({ executor, reason }: { executor: string; reason: string }) =>
    `${executor}: ${reason}`,
  lanes: 'lanes',
  perEpoch: 'per epoch',
  memory: 'memory',
  estimateNote: '90 % prediction interval. Other programs on this machine make it longer.',
  notMeasured: 'Not benchmarked yet.',
  measuring: ({ seconds }: { seconds: string }) =>
    `Benchmarking this network on this machine: ${seconds} so far, usually a few seconds for each device.`,
  measureAgain: 'Benchmark again',
  notWhileWrong: 'Fix the errors to see an estimate.',
  split: 'Split',
  splitWords: ({
    train,
    validation,
    test,
    selectOn,
  }: {
    train: number;
    validation: number;
    test: number;
    selectOn: 'validation' | 'test';
  }) =>
    selectOn === 'test'
      ? `${count(train)} training. Trials are compared on the ${count(test)} test samples, so the test result is biased upwards.`
      : `${count(train)} training, ${count(validation)} validation. The ${count(test)} test samples are used once, for the final winner.`,
};
