/** Text of the form that sets up a study. */
import { count } from '../format.ts';
import { many } from './words.ts';

export const setUp = {
  title: 'New study',
  name: 'Name of the study',
  mode: 'How the study is shown',
  form: 'Form',
  json: 'JSON',
  open: 'Open study file',
  save: 'Save',
  start: 'Start',
  problems: ({ problems }: { problems: number }) => `${many(problems, 'field')} to mend`,
  problem: ({ path, expected, found, hint }: { path: string; expected: string; found: string; hint?: string | null }) =>
    `${path}: expected ${expected}, found ${found}${hint === null || hint === undefined ? '' : ` (${hint})`}.`,
  badJson: ({ problem }: { problem: string }) => `${problem}. The form keeps the last study that could be read.`,
  noJson: 'Expected a layer as JSON, e.g. {"type": "dense", "units": 10}.',
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
    `${count(training.samples)} training and ${many(test.samples, 'test sample')}, ${shape.length === 3 ? `${shape[1] ?? 0} × ${shape[2] ?? 0}${shape[0] === 3 ? ', colour' : ''}` : many(shape[0] ?? 0, 'feature')}, ${targets > 0 ? many(targets, 'number to predict', 'numbers to predict') : many(classes, 'class', 'classes')}`,
  model: 'Model',
  layers: 'Layers and the shapes that come out of them',
  layer: ({ layer }: { layer: number }) => `Layer ${layer} as JSON`,
  moveUp: 'Move the layer up',
  moveDown: 'Move the layer down',
  insertLayer: 'Insert a layer below',
  removeLayer: 'Remove the layer',
  weights: ({ low, high }: { low: string; high: string }) => (low === high ? `${low} weights` : `${low} to ${high} weights`),
  shapes: ({ low, high }: { low: string; high: string }) => `${low} to ${high}`,
  doesNotFit: 'does not fit',
  misfit: ({ expected, found }: { expected: string; found: string }) => `Expected ${expected}, found ${found}.`,
  editLayers: 'Edit layers',
  doneEditing: 'Close the layers',
  fits: ({ weights }: { weights: string }) => `Blue: set by the search. Shapes fit, ${weights}.`,
  space: 'Search space',
  spaceColumns: ['Parameter', 'Kind', 'From', 'To', 'Step', 'Log', 'Only if'],
  kinds: { float: 'float', int: 'int', categorical: 'choice' },
  fields: { low: 'from', high: 'to', step: 'step', log: 'logarithmic' },
  fieldOf: ({ name, field }: { name: string; field: string }) => `${name}, ${field}`,
  nameOf: ({ name }: { name: string }) => `Name of ${name}`,
  kindOf: ({ name }: { name: string }) => `Kind of ${name}`,
  choicesOf: ({ name }: { name: string }) => `Choices of ${name}, parted by commas`,
  whenOf: ({ name }: { name: string }) => `When ${name} is searched`,
  valueOf: ({ name }: { name: string }) => `Value of ${name}`,
  searchIt: ({ name }: { name: string }) => `Search ${name}`,
  fixedTo: 'fixed to',
  always: 'always',
  addParameter: 'Add parameter',
  removeParameter: ({ name }: { name: string }) => `Remove ${name}`,
  gridSize: ({ size }: { size: string }) => `Grid: ${size} points`,
  noGrid: ({ floats }: { floats: number }) =>
    `Grid: no size, ${floats === 1 ? 'one float has no step' : `${count(floats)} floats have no step`}`,
  sampler: 'Sampler',
  samplerSettings: 'Settings',
  stop: 'Stop after',
  stopFields: { trials: 'Stop after so many trials', minutes: 'Stop after so many minutes', target: 'Stop at a value of' },
  trials: 'trials',
  minutes: 'min',
  or: 'or',
  orTarget: ({ accuracy }: { accuracy: boolean }) => (accuracy ? 'or accuracy of' : 'or value of'),
  noLimit: 'no limit',
  training: 'Training',
  epochs: 'epochs a trial',
  epochsLabel: 'Epochs a trial',
  workers: 'Workers',
  workersUnknown: 'workers of this machine',
  workersOf: ({ workers }: { workers: number }) => `of ${many(workers, 'CPU worker')} of this machine; all where nothing is said`,
  estimate: 'Estimate',
  untilStopped: 'Until you stop it',
  estimateOf: ({ trials, epochs, perMinute }: { trials: number | null; epochs: number; perMinute: string }) =>
    `${trials === null ? 'Trials' : many(trials, 'trial')}${epochs === 0 ? '' : ` of up to ${many(epochs, 'epoch')}`}, about ${perMinute} trials/min`,
  measuredAgo: ({ age }: { age: string }) => `Measured ${age} ago`,
  measuredRow: ({ device, executor }: { device: string; executor: string }) => `${device}, ${executor}`,
  lanes: 'lanes',
  perEpoch: 'an epoch',
  memory: 'memory',
  estimateNote: 'The range is 9 of 10 outcomes. Other work on this machine makes it longer.',
  notMeasured: 'Not measured yet.',
  measuring: ({ seconds }: { seconds: string }) => `Measuring how fast this network trains here: ${seconds} so far, 4 s at most as a rule.`,
  measureAgain: 'Measure again',
  notWhileWrong: 'It is measured once every field holds.',
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
      ? `${count(train)} train. The ${count(test)} test samples choose between trials, so they say nothing of new data.`
      : `${count(train)} train, ${count(validation)} choose between trials. The ${count(test)} test samples are touched once, for the champion.`,
};
