import { describe, expect, it } from 'vitest';
import type { AttemptRow } from '../../../src/protocol/window/lab-stream.ts';
import { text } from '../../../src/renderer/text.ts';
import {
  energyPerTrial,
  speedOf,
  workFigures,
} from '../../../src/renderer/views/lab/device-work.ts';
import type { WorkFacts } from '../../../src/renderer/views/lab/device-work.ts';
import { slotRow } from '../../support/window-examples.ts';

const words = text.lab.work;

function attempt(trial: number, from: number, to: number | null, more: Partial<AttemptRow> = {}) {
  return {
    id: String(trial),
    study: 'study',
    trial,
    attemptNumber: 1,
    slot: 'local/gpu/0/0',
    lane: 0,
    from,
    to,
    outcome: to === null ? null : 'succeeded',
    value: 1,
    ...more,
  };
}

/** Trials of 3 epochs of 1,000 samples, on two lanes for 2 s, with 50 J each. */
const facts: WorkFacts = {
  attempts: [attempt(0, 1000, 3000), attempt(1, 1000, 3000, { lane: 1 })],
  study: 'study',
  epochSamples: 1000,
  epochsOf: () => 3,
  energyOf: (trial) => 50 + trial,
  now: 9000,
};

describe('Lab: work of a device', () => {
  it('trains the samples of all lanes in the time that any of them trained', () => {
    expect(speedOf(facts)).toBe(3000);
  });

  it('counts attempts of the study alone, that trained, and running ones until some have ended', () => {
    const other = attempt(2, 3000, 9000, { study: 'other' });
    const crashed = attempt(3, 3000, 9000, { outcome: 'crashed' });
    const running = attempt(4, 3000, null);
    expect(speedOf({ ...facts, attempts: [...facts.attempts, other, crashed, running] })).toBe(
      3000,
    );
    expect(speedOf({ ...facts, attempts: [running] })).toBe(500);
    expect(speedOf({ ...facts, attempts: [other, crashed] })).toBeNull();
    expect(speedOf({ ...facts, attempts: [running], epochsOf: () => 0 })).toBeNull();
    expect(speedOf({ ...facts, epochSamples: null })).toBeNull();
  });

  it('averages the known energies of ended trials, and knows none without one', () => {
    expect(energyPerTrial(facts)).toBe(50.5);
    const partly = (trial: number): number => (trial === 0 ? 50 : NaN);
    expect(energyPerTrial({ ...facts, energyOf: partly })).toBe(50);
    expect(energyPerTrial({ ...facts, energyOf: () => NaN })).toBeNull();
  });

  it('says why a figure is unknown, never 0', () => {
    const idle = { ...facts, attempts: [] };
    const slot = slotRow({ device: 'gpu/0', lanes: 256 });
    expect(workFigures([slot], [idle], 'no driver')).toEqual([
      { label: words.speed, shown: null, note: words.noSpeed },
      { label: words.energy, shown: null, note: 'no driver' },
    ]);
    expect(workFigures([slot], [idle], null)[1]?.note).toBe(words.noEnergy);
  });

  it('says how many lanes are busy of those that the study takes, and how many fill the GPU', () => {
    const running = Array.from({ length: 7 }, (_, trial) => ({
      study: 'study',
      trial,
      attemptNumber: 1,
      lane: trial,
    }));
    const slot = slotRow({ device: 'gpu/0', lanes: 256, lanesTaken: 8, lanesFull: 64, running });
    const [lanes] = workFigures([slot], [facts], null);
    expect(lanes).toEqual({
      label: words.lanes,
      shown: words.lanesOf({ busy: 7, of: 8 }),
      note: words.full({ lanes: 64 }),
    });
    const unmeasured = workFigures([{ ...slot, lanesFull: null }], [facts], null);
    expect(unmeasured[0]?.note).toBe(words.fullUnknown);
  });
});
