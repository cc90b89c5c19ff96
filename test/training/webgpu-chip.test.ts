import { describe, expect, it } from 'vitest';
import { lowerChip } from '../../src/training/executors/webgpu/chip/lower.ts';
import { ChipPlaces } from '../../src/training/executors/webgpu/chip/memory.ts';
import { chipShapes } from '../../src/training/executors/webgpu/chip/rule.ts';
import type { ChipShape } from '../../src/training/executors/webgpu/chip/memory.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import type { Plan } from '../../src/training/plan/plan.ts';
import { fixtureSubject, readFixture } from '../support/pytorch-walk.ts';

/** Limits of NVIDIA's cards by Vulkan. */
const CARD = { workgroupBytes: 49_152, threads: 1024, subgroup: [32, 32] } as const;

async function planOf(preset: string): Promise<Plan> {
  return (await fixtureSubject(readFixture(preset))).plan;
}

async function shapesOf(preset: string, limits = {}): Promise<readonly ChipShape[] | string> {
  return chipShapes(await planOf(preset), { ...CARD, ...limits }, false);
}

describe('GPU: rule of the form on chip', () => {
  it.each([...PRESETS.keys()])(
    '%s: fits in the workgroup memory of a card only if it is mnist-paper',
    async (name) => {
      expect(typeof (await shapesOf(name))).toBe(name === 'mnist-paper' ? 'object' : 'string');
    },
  );

  it('gives the memory that a lane needs and that of the card as the reason for a refusal', async () => {
    const most = { workgroupBytes: 4096 };
    expect(await shapesOf('mnist-paper', most)).toMatch(
      /^a lane needs \d+ KiB of workgroup memory; the card has 4$/,
    );
  });

  it('names the op that needs the whole batch as the reason for a refusal', async () => {
    expect(await shapesOf('resnet-20')).toMatch(/: batch-norm needs more than a tile$/);
  });

  it('offers only shapes within the limits of the card', async () => {
    const plan = await planOf('mnist-paper');
    const shapes = await shapesOf('mnist-paper', { threads: 512, workgroupBytes: 32_768 });
    expect(shapes.length).toBeGreaterThan(4);
    for (const shape of shapes as readonly ChipShape[]) {
      expect(shape.threads).toBeLessThanOrEqual(512);
      expect(new ChipPlaces(plan, shape, true).bytes).toBeLessThanOrEqual(32_768);
    }
  });

  it('sums without subgroups where their size may vary', async () => {
    const plan = await planOf('mnist-paper');
    for (const subgroup of [
      [32, 32],
      [8, 32],
    ] as const) {
      const [shape] = (await shapesOf('mnist-paper', { subgroup })) as readonly ChipShape[];
      const { train } = lowerChip(plan, shape!, 2 ** 30);
      const texts = train.map(({ code }) => code).join('\n');
      expect(texts.includes('subgroupAdd')).toBe(subgroup[0] === subgroup[1]);
      expect(texts.length).toBeLessThan(65_536);
    }
  });
});
