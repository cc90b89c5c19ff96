import { expect, it } from 'vitest';
import { ReferenceExecutor } from '../../../src/training/executors/reference/reference.ts';
import type { Executor } from '../../../src/training/executors/executor.ts';
import { CardMemory } from '../../../src/training/executors/webgpu/card-memory.ts';
import { lowerChip } from '../../../src/training/executors/webgpu/chip/lower.ts';
import type { ChipShape } from '../../../src/training/executors/webgpu/chip/memory.ts';
import { WebgpuExecutable } from '../../../src/training/executors/webgpu/executable.ts';
import { buildProgram } from '../../../src/training/executors/webgpu/program.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { expectMetrics, expectState } from '../../contracts/executor-comparison.ts';
import { FIRST, SECOND, Session } from '../../contracts/executor-session.ts';
import { subjectOf, type SmallNetwork } from '../../support/networks.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const TOLERANCE = 1e-4;
const LANES = [FIRST, SECOND];
const chip = new WebgpuExecutor({ form: 'A' });

/** Convolutions with and without padding, each with its pool; dropout; clipping; two slots. */
const POOLED: SmallNetwork = {
  name: 'pooled',
  shape: [1, 13, 12],
  batch: 6,
  layers: [
    { type: 'conv', filters: 2, kernel: 5 },
    { type: 'max-pool', size: 2 },
    { type: 'relu' },
    { type: 'conv', filters: 5, kernel: 3, padding: 1 },
    { type: 'max-pool', size: 2, stride: 2 },
    { type: 'relu' },
    { type: 'flatten' },
    { type: 'dropout', rate: { $param: 'dropout' } },
    { type: 'dense', units: 4 },
  ],
  settings: {
    optimizer: { type: 'adam', learningRate: { $param: 'rate' } },
    clip: { norm: 0.5 },
  },
};

/** Compiles faster. */
const SMALL: SmallNetwork = {
  name: 'small',
  shape: [2, 7, 6],
  batch: 6,
  layers: [
    { type: 'conv', filters: 5, kernel: 3 },
    { type: 'max-pool', size: 2 },
    { type: 'relu' },
    { type: 'flatten' },
    { type: 'dense', units: 3 },
  ],
};

/** Runs plans on chip in a shape that the rule would not choose here. */
function inShape(shape: ChipShape): Executor {
  const compile: Executor['compile'] = async (plan, lanes) => {
    const card = await openSoftwareCard();
    const program = await buildProgram(card, lowerChip(plan, shape, card.limits.bindingBytes));
    const memory = { sharedBytes: 0, laneBytes: 0, codeBytes: 0, form: 'A' };
    return new WebgpuExecutable(card, program, plan, lanes, memory, new CardMemory(null));
  };
  return Object.assign(new WebgpuExecutor(), { compile });
}

whereGpu('GPU: the form on chip', () => {
  it('trains and evaluates as the reference does, with dropout, clipping and an incomplete batch', async () => {
    const subject = subjectOf(POOLED, 16);
    const [session, oracle] = [
      await Session.open(chip, subject, LANES),
      await Session.open(new ReferenceExecutor(), subject, LANES),
    ];
    const before = await oracle.states();
    const [found, expected] = [await session.run(0, 0, 3), await oracle.run(0, 0, 3)];
    const [states, right] = [await session.states(), await oracle.states()];
    const [evaluated, truth] = [await session.evaluate(), await oracle.evaluate()];
    for (const [lane, start] of before.entries()) {
      const what = `lane ${String(lane)}`;
      expectMetrics(found.lanes[lane], expected.lanes[lane], TOLERANCE, what);
      expectState(subject, start, states[lane]!, right[lane]!, TOLERANCE, what);
      expectMetrics(evaluated[lane], truth[lane], TOLERANCE, `${what}, evaluation`);
    }
    await session.executable.dispose();
  });

  it.each([
    [
      'more threads than items, fewer filters',
      { threads: 64, tile: 5, filters: 2, subgroup: 4, vectors: true },
    ],
    ['no subgroups of one size', { threads: 32, tile: 4, filters: 4, subgroup: 0, vectors: false }],
  ])('trains as the reference does with %s', async (_, shape) => {
    const subject = subjectOf(SMALL, 16);
    const session = await Session.open(inShape(shape), subject, [SECOND]);
    const oracle = await Session.open(new ReferenceExecutor(), subject, [SECOND]);
    const start = await oracle.state();
    const [found, expected] = [await session.run(0, 0, 3), await oracle.run(0, 0, 3)];
    expectMetrics(found.lanes[0], expected.lanes[0], TOLERANCE, 'loss');
    const [state, right] = [await session.state(), await oracle.state()];
    expectState(subject, start, state, right, TOLERANCE, 'weights');
    await session.executable.dispose();
  });

  it('records the form at the end of the label', async () => {
    const subject = subjectOf({
      name: 'dense',
      shape: [2, 2, 2],
      layers: [{ type: 'flatten' }, { type: 'dense', units: 2 }],
    });
    for (const form of ['A', 'B'] as const) {
      const { executable } = await Session.open(new WebgpuExecutor({ form }), subject, [FIRST]);
      expect(executable.label).toMatch(new RegExp(`^webgpu:.*:${form}$`));
      await executable.dispose();
    }
  });

  it('refuses a network with a norm', async () => {
    const subject = subjectOf({
      name: 'normed',
      shape: [1, 3, 3],
      layers: [{ type: 'flatten' }, { type: 'batch-norm' }, { type: 'dense', units: 2 }],
    });
    await expect(Session.open(chip, subject, [FIRST])).rejects.toMatchObject({
      kind: 'unsupported',
      message: expect.stringMatching(/^webgpu on chip: batch-norm1: /) as string,
    });
  });
});
