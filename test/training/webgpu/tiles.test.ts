import { expect, it } from 'vitest';
import type { Tile } from '../../../src/training/executors/webgpu/tiles.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import type { LaneState } from '../../../src/training/executors/executor.ts';
import { FIRST, SECOND, Session } from '../../contracts/executor-session.ts';
import { slow } from '../../support/effort.ts';
import { subjectOf } from '../../support/networks.ts';
import { whereGpu } from './software-gpu.ts';

const subject = subjectOf({
  name: 'of products with every epilogue',
  shape: [2, 6, 6],
  layers: [
    { type: 'conv', filters: 3, kernel: 3, padding: 1, bias: false },
    { type: 'batch-norm' },
    { type: 'relu' },
    { type: 'conv', filters: 3, kernel: 3, bias: false },
    { type: 'batch-norm' },
    { type: 'relu' },
    { type: 'conv', filters: 4, kernel: 1 },
    { type: 'max-pool', size: 2 },
    { type: 'relu' },
    { type: 'flatten' },
    { type: 'dropout', rate: { $param: 'dropout' } },
    { type: 'dense', units: 3 },
  ],
});

async function trained(tile: Tile): Promise<LaneState[]> {
  const executor = new WebgpuExecutor({ tileFor: () => tile });
  const session = await Session.open(executor, subject, [FIRST, SECOND]);
  await session.run(0, 0, 3);
  const states = await session.states();
  await session.executable.dispose();
  return states;
}

whereGpu('GPU: shapes of tiles', () => {
  it('computes equal bits with tiles of any shape', async () => {
    const small = await trained({ bm: 4, bn: 8, bk: 8, tm: 2, tn: 2 });
    // The text of larger ones repeats terms: software compiles it for half a minute.
    const wide = await trained(
      slow ? { bm: 8, bn: 32, bk: 16, tm: 4, tn: 4 } : { bm: 8, bn: 64, bk: 4, tm: 1, tn: 4 },
    );
    expect(small).toEqual(wide);
  });
});
