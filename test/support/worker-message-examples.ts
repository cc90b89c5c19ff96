/** One well-formed message of every kind, for tests of the wire and of transports. */
import type {
  Beat,
  CohortMessage,
  FromWorker,
  Hello,
  ResultMessage,
  StudyMessage,
  TaskMessage,
  ToWorker,
} from '../../src/protocol/worker-messages.ts';

export const attempt = {
  study: '0d9c8c9e-7f5c-4a8e-9d46-0f5fb5c2f1aa',
  number: 17,
  attemptNumber: 1,
};

export const hello: Hello = {
  type: 'hello',
  v: { low: 1, high: 1 },
  slot: 'local/cpu/0',
  incarnation: '3.1',
  helloNo: 1,
  device: 'cpu',
  lanes: 1,
  memoryBytes: 2 ** 31,
  holding: [attempt],
};

export const beat: Beat = {
  type: 'beat',
  session: '3.1',
  slot: 'local/cpu/0',
  incarnation: '3.1',
  n: 5,
  taskSeq: 12,
  holding: [attempt, { ...attempt, number: 18 }],
  progress: [{ attempt, step: 100, steps: 468 }],
  rssBytes: 123_456_789,
  quietMs: 90_000,
};

export const study: StudyMessage = {
  type: 'study',
  session: '3.1',
  study: attempt.study,
  name: 'digits é',
  objective: { kind: 'synthetic', function: 'sphere' },
  seed: 7,
  executor: 'wasm',
  dataset: { name: 'mnist', content: 'a4'.repeat(32) },
  parameters: [
    { name: 'learningRate', choices: null },
    { name: 'activation', choices: ['relu', 'tanh', null, true, 3] },
  ],
};

export const cohort: CohortMessage = {
  type: 'cohort',
  session: '3.1',
  taskSeq: 13,
  cohort: 'c13',
  study: attempt.study,
  shape: '{"units":8}',
  lanes: [{ attempt, params: Float64Array.of(0.031, NaN, 3, 1e-17, -2.5, 0.1, 0.2, 12345678.9) }],
  deadlineMs: null,
};

export const report: ResultMessage = {
  type: 'report',
  session: '3.1',
  slot: 'local/cpu/0',
  incarnation: '3.1',
  attempt,
  report: { step: 0, value: 0.91, metrics: { loss: 0.3, accuracy: 0.91 } },
};

export const result: Extract<ResultMessage, { type: 'result' }> = {
  type: 'result',
  session: '3.1',
  slot: 'local/cpu/0',
  incarnation: '3.1',
  attempt,
  result: {
    outcome: 'succeeded',
    value: 0.9312,
    ms: 1234.5,
    metrics: { loss: 0.2, accuracy: 0.9312, checksum: 'abc' },
    device: 'cpu',
    executor: 'wasm',
    executorReason: 'selected in the study',
    reports: [report.report, { step: 1, value: 0.9312 }],
  },
};

export const output: ResultMessage = {
  type: 'output',
  session: '3.1',
  slot: 'local/cpu/0',
  incarnation: '3.1',
  attempt,
  from: 65_536,
  bytes: Buffer.from('epoch 3: 0.91 é\n').toString('base64'),
};

export const control: readonly FromWorker[] = [
  hello,
  beat,
  { type: 'leaving', session: '3.1', slot: 'local/cpu/0', incarnation: '3.1', reason: 'memory' },
];

export const orders: readonly ToWorker[] = [
  {
    type: 'welcome',
    v: 1,
    epoch: 3,
    helloNo: 1,
    session: '3.1',
    tasksEndpoint: 'tcp://127.0.0.1:4001',
    resultsEndpoint: 'tcp://127.0.0.1:4000',
    beatMs: 500,
    leaseMs: 2000,
    keep: [attempt],
  },
  { type: 'heard', session: '3.1', n: 5 },
  { type: 'ack', attempt },
  { type: 'refused', attempt, reason: 'staleLease' },
  { type: 'cancel', session: '3.1', attempt, reason: 'paused' },
  { type: 'hold', forMs: 10_000 },
  { type: 'discard', study: attempt.study, trial: 17, keep: null },
  { type: 'discard', study: attempt.study, trial: null, keep: 3 },
  { type: 'goodbye', session: '3.1', reason: 'drained' },
  { type: 'goodbye', session: null, reason: 'version', text: 'install the same release on both' },
];

export const tasks: readonly TaskMessage[] = [study, cohort];
