import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countsOf, presetPlan } from '../../bench/gpu-counts.ts';
import { fuse } from '../../src/training/executors/webgpu/fuse.ts';
import { faultOf } from '../../src/training/executors/webgpu/fusion.ts';
import type { Plan } from '../../src/training/plan/plan.ts';
import { DRAWN, GRAPHS } from '../support/drawn-networks.ts';
import { size } from '../support/effort.ts';
import { NETWORKS, subjectOf } from '../support/networks.ts';

function faults({ plan }: { readonly plan: Plan }): (string | null)[] {
  return [faultOf(fuse(plan, plan.train, true)), faultOf(fuse(plan, plan.evaluate, false))];
}

describe('GPU: results that are not stored', () => {
  it.each(NETWORKS.map((network) => [network.name, network] as const))(
    '%s: every kernel finds the values that it reads in memory',
    (_, network) => {
      expect(faults(subjectOf(network))).toEqual([null, null]);
    },
  );

  it('leaves every value in memory until its last reader, in random networks and graphs', () => {
    fc.assert(
      fc.property(fc.oneof(DRAWN, GRAPHS), (network) => {
        expect(faults(subjectOf(network))).toEqual([null, null]);
      }),
      { numRuns: size(100, 2000), seed: 11 },
    );
  });
});

/** Dispatches of a training step, and kB that its kernels read and write for a sample. */
const COUNTS: Readonly<Record<string, readonly [fused: string, stored: string]>> = {
  'mnist-paper': ['12 dispatches, 15 kB', '23 dispatches, 52 kB'],
  'lenet-5': ['18 dispatches, 72 kB', '31 dispatches, 213 kB'],
  cnn: ['15 dispatches, 320 kB', '26 dispatches, 930 kB'],
  mlp: ['10 dispatches, 11 kB', '15 dispatches, 25 kB'],
  'resnet-20': ['152 dispatches, 10614 kB', '214 dispatches, 16995 kB'],
  'efficientnet-b0': ['404 dispatches, 22456 kB', '723 dispatches, 37541 kB'],
};

describe('GPU: dispatches and traffic of the presets', () => {
  it.each(Object.entries(COUNTS))('%s: counts %j', (name, expected) => {
    const plan = presetPlan(name);
    const counts = [true, false].map((fusing) => {
      const { dispatches, traffic } = countsOf(plan, fusing);
      return `${String(dispatches)} dispatches, ${String(Math.round(traffic / 1000))} kB`;
    });
    expect(counts).toEqual(expected);
  });
});
