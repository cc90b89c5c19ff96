import { expect, it } from 'vitest';
import { Calibrations } from '../../../src/training/calibration/calibrations.ts';
import type { LaneState } from '../../../src/training/executors/executor.ts';
import { WebgpuExecutor } from '../../../src/training/executors/webgpu/webgpu.ts';
import { FIRST, SECOND, Session } from '../../contracts/executor-session.ts';
import { subjectOf } from '../../support/networks.ts';
import { whereGpu } from './software-gpu.ts';

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

  it('trains in the form that it found', async () => {
    const [label, states] = await trained(new WebgpuExecutor({ search }));
    expect(label).toMatch(/:[AB]$/);
    expect(states.flatMap(({ weights }) => [...weights]).every(Number.isFinite)).toBe(true);
  });
});
