/** What a program's failures become, with programs that are made up. */
import { expect, test } from 'vitest';
import { TensorflowExecutable } from '../../../src/training/executors/tensorflow/executable.ts';
import type {
  ChunkMetrics,
  HostState,
  Program,
} from '../../../src/training/executors/tensorflow/program.ts';
import { NETWORKS, subjectOf } from '../../support/networks.ts';
import { NEVER } from '../../support/training.ts';

const [network] = NETWORKS;
if (network === undefined) throw new Error('there are networks');
const { plan, view } = subjectOf(network);

/** Holds what is written; each run answers what the list says next, the last for good. */
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
    // Nothing is trained.
  }
  setStreams(): void {
    // Nothing is drawn.
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
    // Nothing is held.
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

test('a graph without a kernel goes on op by op, from the same weights', async () => {
  const executable = await begun([new Error('No OpKernel was registered')]);
  const before = await executable.readWeights(0);
  await step(executable);
  expect(executable.memory.form).toBe('No OpKernel was registered');
  expect({ ...(await executable.readWeights(0)), step: 0 }).toEqual(before);
});

test('memory that is not enough is said as such, so that fewer lanes are tried', async () => {
  const executable = await begun([new Error('OOM when allocating tensor with shape[128,64]')]);
  await expect(step(executable)).rejects.toMatchObject({
    name: 'TrainingError',
    kind: 'out-of-memory',
  });
});

test('what fails after it has worked is a crash', async () => {
  const executable = await begun(['fine', new Error('Internal: something broke')]);
  await step(executable);
  await expect(step(executable)).rejects.toMatchObject({ name: 'TrainingError', kind: 'crashed' });
});
