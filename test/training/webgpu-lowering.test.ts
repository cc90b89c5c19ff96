import { describe, expect, it } from 'vitest';
import { parametrised } from '../../src/training/executors/webgpu/kernel.ts';
import { lower, type Lowered } from '../../src/training/executors/webgpu/program.ts';
import { cardTile } from '../../src/training/executors/webgpu/tiles.ts';
import { PRESETS } from '../../src/training/models/presets.ts';
import { fixtureSubject, readFixture } from '../support/pytorch-walk.ts';

async function lowered(name: string): Promise<Lowered> {
  const { plan } = await fixtureSubject(readFixture(name));
  return lower(plan, cardTile);
}

const IMMEDIATES = 16;

describe('GPU: kernels of the presets', () => {
  it.each([...PRESETS.keys()])('%s: has no kernel of more than 64 kB', async (name) => {
    const { train, evaluate } = await lowered(name);
    for (const { name: kernel, code } of [...train, ...evaluate])
      expect(code.length, kernel).toBeLessThan(65_536);
  });

  it('resnet-20: shares pipelines among equal blocks', async () => {
    const { train, evaluate } = await lowered('resnet-20');
    const all = [...train, ...evaluate].map(({ code }) => code);
    const texts = (most: number): number =>
      new Set(all.map((code) => parametrised(code, most).code)).size;
    expect(all.length).toBeGreaterThan(170);
    expect(texts(0)).toBeGreaterThan(170);
    expect(texts(IMMEDIATES)).toBeLessThan(80);
  });

  it('replaces equal parameters by one immediate, and those without room by literals', () => {
    const { code, values } = parametrised('#7# #8# #7# #9#', 2);
    expect(code).toContain('im.p0 im.p1 im.p0 9u');
    expect(code).toContain('struct Parameters { p0: u32, p1: u32 }');
    expect(values).toEqual([7, 8]);
  });
});
