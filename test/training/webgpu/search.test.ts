import { expect, it } from 'vitest';
import { Calibrations } from '../../../src/training/calibration/calibrations.ts';
import type { LaneState } from '../../../src/training/executors/executor.ts';
import { CardMemory } from '../../../src/training/executors/webgpu/card-memory.ts';
import { lowerChip } from '../../../src/training/executors/webgpu/chip/lower.ts';
import type { ChipShape } from '../../../src/training/executors/webgpu/chip/memory.ts';
import { chipShapes } from '../../../src/training/executors/webgpu/chip/rule.ts';
import { lower } from '../../../src/training/executors/webgpu/program.ts';
import { CardBench } from '../../../src/training/executors/webgpu/search-bench.ts';
import { softwareTile } from '../../../src/training/executors/webgpu/tiles.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { FIRST, SECOND, Session } from '../../contracts/executor-session.ts';
import { subjectOf } from '../../support/networks.ts';
import { openSoftwareCard, whereGpu } from './software-gpu.ts';

const subject = subjectOf({
  name: 'conv and dense',
  shape: [1, 6, 5],
  layers: [
    { type: 'conv', filters: 3, kernel: 3 },
    { type: 'relu' },
    { type: 'flatten' },
    { type: 'dense', units: 4 },
  ],
});
const calibrations = new Calibrations(null, () => performance.now());
const search = { calibrations, onSoftware: true, lanes: 2 };

async function trained(executor: WebgpuExecutor): Promise<[string, LaneState[]]> {
  const session = await Session.open(executor, subject, [FIRST, SECOND]);
  await session.run(0, 0, 3);
  const states = await session.states();
  await session.executable.dispose();
  return [session.executable.label, states];
}

whereGpu('GPU: search of form and tiles', () => {
  it('changes no bit of form B', async () => {
    const [label, states] = await trained(new WebgpuExecutor({ form: 'B', search }));
    expect(label).toMatch(/:B$/);
    expect(states).toEqual((await trained(new WebgpuExecutor({ form: 'B' })))[1]);
  });

  it('compares what both forms train to', async () => {
    const { plan } = subject;
    const card = await openSoftwareCard();
    const shapes = chipShapes(plan, card.limits, true) as readonly ChipShape[];
    const chip = lowerChip(plan, shapes[0]!, card.limits.bindingBytes);
    const tiled = lower(plan, softwareTile);
    const now = (): number => performance.now();
    const bench = new CardBench(card, tiled, new CardMemory(null), { most: 1, now });
    expect(await bench.agree(chip, tiled)).toBe(true);
    const [gather, ...rest] = chip.train;
    const wrong = rest.map((each) => ({ ...each, code: each.code.replace('+= sum', '-= sum') }));
    expect(await bench.agree({ ...chip, train: [gather!, ...wrong] }, tiled)).toBe(false);
    await bench.dispose();
  });

  it('trains in the form that it found', async () => {
    const [label, states] = await trained(new WebgpuExecutor({ search }));
    expect(label).toMatch(/:[AB]$/);
    expect(states.flatMap(({ weights }) => [...weights]).every(Number.isFinite)).toBe(true);
  });
});
