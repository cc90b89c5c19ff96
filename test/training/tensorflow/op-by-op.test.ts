/**
 * Op-by-op execution, used where TensorFlow refuses a graph: equal numbers, and the reason
 * reported.
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

whereInstalled('op by op has the reference’s numbers', () => {
  test.for(NETWORKS.map((network) => [network.name, network] as const))(
    'has the reference’s numbers: %s',
    async ([, network]) => {
      const subject = subjectOf(network);
      const executor = new TensorflowExecutor({ form: 'ops' });
      const [found, expected] = [
        await ran(executor, subject),
        await ran(new ReferenceExecutor(), subject),
      ];
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
  const results = { states: await session.states(), metrics: await session.evaluate() };
  await session.executable.dispose();
  return results;
}

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
