/**
 * Forms other than the plain graph: op by op, used where TensorFlow refuses a graph, and compiled
 * by XLA, used on cards. Equal numbers, and the reason reported.
 */
import { expect, test } from 'vitest';
import type { Executor } from '../../../src/training/executors/executor.ts';
import { ReferenceExecutor } from '../../../src/training/executors/reference/reference.ts';
import type { Binding } from '../../../src/training/executors/tensorflow/binding.ts';
import { makeProgram } from '../../../src/training/executors/tensorflow/make-program.ts';
import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import { FIRST, SECOND, Session } from '../../contracts/executor-session.ts';
import { NETWORKS, subjectOf, type SmallSubject } from '../../support/networks.ts';
import { worst } from '../../support/training.ts';
import { whereInstalled } from './installed.ts';

/** Networks that XLA compiles here, which takes seconds for each. */
const COMPILED = 3;

whereInstalled('forms have the reference’s numbers', () => {
  const cases = [
    ...NETWORKS.map((network) => ['ops', network] as const),
    ...NETWORKS.slice(0, COMPILED).map((network) => ['xla', network] as const),
  ];
  test.for(cases.map(([form, network]) => [form, network.name, network] as const))(
    'has the reference’s numbers as %s: %s',
    async ([form, , network]) => {
      const subject = subjectOf(network);
      const executor = new TensorflowExecutor({ form });
      const [found, expected] = [
        await ran(executor, subject),
        await ran(new ReferenceExecutor(), subject),
      ];
      expect(found.form).toContain(form === 'xla' ? 'compiled by XLA' : 'op by op');
      expected.states.forEach(({ weights, statistics }, lane) => {
        expect(worst(found.states[lane]?.weights ?? [], weights, 0.1)).toBeLessThan(1e-4);
        expect(worst(found.states[lane]?.statistics ?? [], statistics, 0.1)).toBeLessThan(1e-4);
        expect(
          worst(
            [found.metrics[lane]?.lossSum ?? NaN],
            [expected.metrics[lane]?.lossSum ?? NaN],
            0.1,
          ),
        ).toBeLessThan(1e-4);
      });
    },
  );
});

async function ran(executor: Executor, subject: SmallSubject) {
  const session = await Session.open(executor, subject, [FIRST, SECOND]);
  await session.run(0, 0, 2);
  const { form } = session.executable.memory;
  const results = { form, states: await session.states(), metrics: await session.evaluate() };
  await session.executable.dispose();
  return results;
}

whereInstalled('XLA is for cards', () => {
  test('XLA is not used on the processor', async () => {
    const executor = new TensorflowExecutor({ form: 'xla' });
    expect(await executor.probe()).toMatchObject({
      usable: false,
      reason: 'XLA compiles for cards only, and needs CUDA’s assembler (ptxas)',
    });
  });
});

test('runs op by op with the reason if TensorFlow refuses the graph', () => {
  const binding = {
    loadSavedModel: () => {
      throw new Error('Op type not registered');
    },
  } as unknown as Binding;
  const [network] = NETWORKS;
  if (network === undefined) throw new Error('there are networks');
  const program = makeProgram(binding, subjectOf(network).plan, 2, 'graph');
  expect(program.form).toBe('op by op, 2 lanes, as the graph failed: Op type not registered');
});
