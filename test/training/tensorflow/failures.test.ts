/** Handling of a program's failures, with fake programs. */
import { expect, test } from 'vitest';
import { TensorflowExecutable } from '../../../src/training/executors/tensorflow/executable.ts';
import type {
  ChunkMetrics,
  HostState,
  Program,
} from '../../../src/training/executors/tensorflow/program.ts';
import { NETWORKS, subjectOf } from '../../support/networks.ts';
import { announceLongCalls } from '../../../src/runtime/long-call.ts';
import { NEVER } from '../../support/training.ts';

const [network] = NETWORKS;
if (network === undefined) throw new Error('there are networks');
const { plan, view } = subjectOf(network);

/**
 * Fake program: stores written values; each run gives the next answer of the list, the last one
 * repeatedly.
 */
class MadeUp implements Program {
  readonly lanes: number;
  readonly form: string;
  readonly #answers: (Error | 'fine')[];
  state: HostState = { weights: [], slots: [], statistics: [] };

  constructor(lanes: number, form: string, answers: readonly (Error | 'fine')[]) {
    this.lanes = lanes;
    this.form = form;
    this.#answers = [...answers];
  }

  loadDataset(): void {
    // Trains nothing.
  }
  setStreams(): void {
    // Draws nothing.
  }
  write(state: HostState): void {
    this.state = state;
  }
  read(): HostState {
    return this.state;
  }
  train(): ChunkMetrics {
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (answer instanceof Error) throw answer;
    return { loss: [1], correct: [0], finite: [1] };
  }
  evaluate(): ChunkMetrics {
    return this.train();
  }
  dispose(): void {
    // Holds nothing.
  }
}

async function begun(answers: readonly (Error | 'fine')[]): Promise<TensorflowExecutable> {
  const memory = { sharedBytes: 0, laneBytes: 0, codeBytes: 0 };
  const executable = new TensorflowExecutable(
    plan,
    1,
    'tensorflow:test:cpu',
    (lanes, refused) =>
      new MadeUp(lanes, refused ?? 'one graph', refused === undefined ? answers : ['fine']),
    (_, form) => ({ ...memory, form }),
  );
  await executable.loadDataset(view);
  await executable.begin(7, [{ trial: 0, shared: false }]);
  return executable;
}

function step(executable: TensorflowExecutable): Promise<unknown> {
  const order = Uint32Array.from({ length: view.samples }, (_, i) => i);
  const hyper = new Uint32Array(plan.hyper.length);
  return executable.run({
    epoch: 0,
    firstStep: 0,
    steps: 1,
    order,
    hyper,
    rows: 'run',
    signal: NEVER,
  });
}

test('continues op by op with the same weights if the graph lacks a kernel', async () => {
  const executable = await begun([new Error('No OpKernel was registered')]);
  const before = await executable.readWeights(0);
  await step(executable);
  expect(executable.memory.form).toBe('No OpKernel was registered');
  expect({ ...(await executable.readWeights(0)), step: 0 }).toEqual(before);
});

test('reports insufficient memory as such, so that fewer lanes are tried', async () => {
  const executable = await begun([new Error('OOM when allocating tensor with shape[128,64]')]);
  await expect(step(executable)).rejects.toMatchObject({
    name: 'TrainingError',
    kind: 'out-of-memory',
  });
});

test('treats a failure after a successful run as a crash', async () => {
  const executable = await begun(['fine', new Error('Internal: something broke')]);
  await step(executable);
  await expect(step(executable)).rejects.toMatchObject({ name: 'TrainingError', kind: 'crashed' });
});

test('announces the first call of each function of a program before it, and no other', async () => {
  const executable = await begun(['fine']);
  const events: string[] = [];
  announceLongCalls((mostMs) => {
    events.push(mostMs > 12_000 ? 'announced' : 'too short');
    return Promise.resolve(() => events.push('ended'));
  });
  try {
    await step(executable);
    await step(executable);
    expect(events).toEqual(['announced', 'ended']);
    await executable.evaluate(Uint32Array.of(0, 1), NEVER);
    await executable.evaluate(Uint32Array.of(0, 1), NEVER);
    expect(events).toEqual(['announced', 'ended', 'announced', 'ended']);
  } finally {
    announceLongCalls(null);
  }
});
