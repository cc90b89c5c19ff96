import { expect, test } from 'vitest';
import { showText, storyText, studiesText, trialText } from '../../src/cli/display/lab-text.ts';
import type { ShowOutput, StoryOutput, TrialOutput } from '../../src/protocol/cli-output.ts';

const study: ShowOutput['study'] = {
  name: 'mnist',
  uid: 'u',
  note: '',
  deleted: false,
  state: 'paused',
  reason: 'interrupted',
  direction: 'maximize',
  counts: { waiting: 2, running: 0, complete: 5, pruned: 0, failed: 1 },
  limits: { trials: 64, minutes: null, target: 0.99 },
  metric: 'accuracy',
  split: 'validation',
  best: { trial: 3, value: 0.9412 },
};
const foreign: ShowOutput['study'] = {
  ...study,
  name: 'theirs',
  uid: null,
  metric: 'value',
  split: null,
  state: null,
  reason: null,
  best: null,
  limits: { trials: null, minutes: null, target: null },
};

const trial: TrialOutput = {
  trial: 3,
  state: 'complete',
  outcome: 'succeeded',
  value: 0.9412,
  metric: 'accuracy',
  split: 'validation',
  params: { lr: 0.0312345, kind: 'relu' },
  lineage: { operator: 'uniform', parents: [], generation: 0 },
  attempts: 2,
  started: null,
  completed: null,
  executor: 'wasm',
  reports: [],
  metrics: {},
};
const curve = [
  { epoch: 1, value: 0.9 },
  { epoch: 2, value: 0.9412 },
];

test('Lab text: lists the studies of a lab', () => {
  expect(studiesText({ lab: 'lab.db', studies: [study, foreign] }, 80)).toEqual([
    'study   state   ended  budget                  best  in trial',
    'mnist   paused      6      64  94.12 % (validation)         3',
    'theirs  Optuna      6       –                     –         –',
  ]);
  expect(studiesText({ lab: 'lab.db', studies: [] }, 80)).toEqual([
    'lab.db contains no studies yet.',
  ]);
});

test('Lab text: names the remaining trials of a stopped study and the command that runs them', () => {
  const stopped: ShowOutput['study'] = {
    ...study,
    name: 'my study',
    state: 'finished',
    reason: 'stopped by the user',
  };
  expect(studiesText({ lab: 'lab.db', studies: [stopped] }, 80)[1]).toMatch(
    /^my study {2}stopped +6/,
  );
  const trained = { executors: [], reports: [] };
  expect(
    showText({ lab: 'lab.db', study: stopped, trained, energy: null, searched: null })[1],
  ).toBe(
    "  state      stopped at 6 of 64 (to resume the remaining 58: galapagos run 'my study' --resume)",
  );
});

test('Lab text: lists the first trials of a long front, and names the lab file in commands', () => {
  const front = Array.from({ length: 14 }, (_, trial) => ({ trial, values: { a: trial } }));
  const shown = showText({
    ...{ lab: 'other.db', study: { ...study, name: 'my study' }, energy: null, searched: null },
    ...{ trained: { executors: [], reports: [] }, front },
  });
  expect(shown).toContain(
    "  front      14 trials: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 … (all: galapagos best 'my study' --lab other.db)",
  );
});

test('Lab text: shows one study with its search space and sampler', () => {
  const searched = {
    objective: {
      kind: 'train',
      dataset: 'mnist',
      settings: { batch: 128, optimizer: { type: 'sgd', learningRate: { $param: 'lr' } } },
    },
    searchSpace: {
      lr: { type: 'float', low: 1e-4, high: 1, log: true },
      kind: { type: 'categorical', choices: ['relu', 'tanh'] },
    },
    sampler: { name: 'evolution', population: 6 },
    seed: 7,
    devices: ['gpu/0', 'cpu'],
    packing: 'sooner',
  } as const;
  const trained = { executors: [{ label: 'wasm', reason: 'pinned by the study' }], reports: curve };
  expect(
    showText({
      lab: 'lab.db',
      study,
      trained,
      energy: { joules: 12_345, trials: 4, of: 6 },
      searched: structuredClone(searched) as unknown as ShowOutput['searched'],
    }),
  ).toEqual([
    'mnist in lab.db',
    '  state      paused (interrupted)',
    '  trials     2 waiting, 0 running, 5 complete, 0 pruned, 1 failed',
    '  best       94.12 % (validation) in trial 3 (maximize)',
    '  by epoch   90.00 % (validation), 94.12 % (validation)',
    '  trained with wasm (pinned by the study)',
    '  energy     12.3 kJ for 4 of 6 trials, idle power included',
    '  stops at   64 trials or a validation accuracy of 99.00 %',
    '  objective  train',
    '    dataset   mnist',
    '    settings  batch 128, optimizer (type sgd, learningRate {lr})',
    '  sampler    evolution, population 6, seed 7',
    '  devices    gpu/0, cpu',
    '  packing    sooner',
    '  search space',
    '    lr    float, low 0.0001, high 1, log true',
    '    kind  categorical, choices ["relu","tanh"]',
  ]);
  const rungs = { lab: 'lab.db', study, paused: 1, energy: null, searched: null } as const;
  expect(showText({ ...rungs, trained: { executors: [], reports: [] } })[2]).toBe(
    '  trials     2 waiting (1 paused at a rung), 0 running, 5 complete, 0 pruned, 1 failed',
  );
  expect(
    showText({
      lab: 'lab.db',
      study: foreign,
      trained: { executors: [], reports: [] },
      energy: null,
      searched: null,
    }).slice(1, 5),
  ).toEqual([
    '  state      Optuna study',
    '  trials     2 waiting, 0 running, 5 complete, 0 pruned, 1 failed',
    '  best       – (maximize)',
    '  stops at   no limit: runs until stopped',
  ]);
});

test.each([
  [{}, 'trial 3  94.12 % (validation)  lr 0.03123  kind relu  2 attempts'],
  [
    { attempts: 1, values: { accuracy: 0.9412, seconds: 1.25 } },
    'trial 3  accuracy 94.12 %, seconds 1.250  lr 0.03123  kind relu',
  ],
  [
    {
      attempts: 1,
      values: { accuracy: 0.9412, seconds: 1.25 },
      violates: ['weights 4000, not at most 3000'],
    },
    'trial 3  accuracy 94.12 %, seconds 1.250, violates a bound  lr 0.03123  kind relu',
  ],
  [{ value: null, outcome: 'diverged', attempts: 1 }, 'trial 3  diverged  lr 0.03123  kind relu'],
  [
    { state: 'failed', outcome: 'crashed', value: null, attempts: 3 },
    'trial 3  failed (crashed)  lr 0.03123  kind relu  3 attempts',
  ],
  [
    { state: 'failed', outcome: 'outOfMemory', value: null, attempts: 1 },
    'trial 3  failed (out of memory)  lr 0.03123  kind relu',
  ],
  [
    { state: 'failed', outcome: 'deadly', value: null, attempts: 1 },
    'trial 3  failed (crashed its worker each time)  lr 0.03123  kind relu',
  ],
  [
    { state: 'running', outcome: null, value: null, attempts: 1 },
    'trial 3  running  lr 0.03123  kind relu',
  ],
  [
    { state: 'running', outcome: null, value: null, attempts: 1, reports: curve },
    'trial 3  running, epoch 2 94.12 % (validation)  lr 0.03123  kind relu',
  ],
  [
    { state: 'waiting', outcome: null, value: null, attempts: 1, reports: curve, pausedAfter: 2 },
    'trial 3  paused after epoch 2, 94.12 % (validation)  lr 0.03123  kind relu',
  ],
  [{ state: 'pruned', outcome: 'pruned', attempts: 1 }, 'trial 3  pruned  lr 0.03123  kind relu'],
  [
    { state: 'pruned', outcome: 'pruned', attempts: 1, reports: curve },
    'trial 3  pruned, epoch 2 94.12 % (validation)  lr 0.03123  kind relu',
  ],
] as const)('Lab text: shows a trial in one line: %j', (change, line) => {
  expect(trialText({ ...trial, ...change })).toBe(line);
});

test('Lab text: tells the story of a trial in sentences, and the causal log on request', () => {
  const output: StoryOutput = {
    study: 'mnist',
    trial: 3,
    metric: 'accuracy',
    split: 'validation',
    state: 'complete',
    outcome: 'succeeded',
    value: 0.9412,
    lineage: { operator: 'mutation', parents: [1], generation: 1 },
    params: trial.params,
    attempts: [
      {
        attemptNumber: 1,
        slot: 'local/cpu/1',
        outcome: 'lost',
        ms: null,
        detail: 'killed by SIGKILL',
        executor: null,
        executorReason: null,
      },
      {
        attemptNumber: 2,
        slot: 'local/cpu/0',
        outcome: 'succeeded',
        ms: 812,
        detail: null,
        executor: 'wasm',
        executorReason: 'pinned by the study',
      },
    ],
    audits: [
      {
        attemptNumber: 3,
        slot: 'local/cpu/1',
        outcome: 'succeeded',
        value: 0.9,
        verdict: 'differs',
        difference: null,
        executor: 'wasm',
        ms: 800,
        detail: null,
      },
    ],
    reports: curve.map((report) => ({ ...report, metrics: { loss: 1 - report.value } })),
    story: ['2.7 proposed because 2.6'],
  };
  const told = [
    'trial 3 of mnist: complete, 94.12 % (validation)',
    '  lr 0.03123  kind relu',
    '  Proposed by mutating trial 1.',
    '  Attempt 1 started on CPU 1; was lost with its worker (killed by SIGKILL); the trial returned to the queue.',
    '  Attempt 2 started on CPU 0; succeeded after 0.8 s.',
    '  Evaluated again on CPU 1; 0.9 instead of 0.9412.',
    '  trained with wasm (pinned by the study)',
    '  after epoch 1: 90.00 % (validation), loss 0.1',
    '  after epoch 2: 94.12 % (validation), loss 0.0588',
  ];
  expect(storyText(output, false)).toEqual(told);
  const violates = ['weights 4000, not at most 3000'];
  const listed = { ...output, values: { accuracy: 0.9412, seconds: 1.25 }, violates };
  expect(storyText(listed, false).slice(0, 3)).toEqual([
    'trial 3 of mnist: complete, accuracy 94.12 %, seconds 1.250',
    '  lr 0.03123  kind relu',
    '  Violates a bound: weights 4000, not at most 3000.',
  ]);
  const paused = { ...output, state: 'waiting', outcome: null, value: null, pausedAfter: 2 };
  expect(storyText(paused, false)[0]).toBe('trial 3 of mnist: paused after epoch 2');
  const diverged = { ...output, outcome: 'diverged', value: null };
  expect(storyText(diverged, false)[0]).toBe('trial 3 of mnist: diverged');
  expect(storyText(output, true)).toEqual([
    ...told,
    '  scheduler events with their causes:',
    '    2.7 proposed because 2.6',
  ]);
});
