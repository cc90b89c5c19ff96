import { describe, expect, it } from 'vitest';
import { EnergyMeter } from '../../../src/node/machine/energy-meter.ts';
import { fixtureMachines, readFixture, startFixture } from '../../support/fixture-machine.ts';

const T = 1_700_000_000_000;

/** @param watts readings of a card, by seconds after `T` */
function metered(watts: Readonly<Record<number, number | null>>): EnergyMeter {
  const meter = new EnergyMeter();
  for (const [second, power] of Object.entries(watts))
    meter.add({ at: T + 1000 * Number(second), devices: [{ device: 'gpu/0', power }] });
  return meter;
}

function between(meter: EnergyMeter, from: number, to: number): number | null {
  return meter.between('gpu/0', T + 1000 * from, T + 1000 * to);
}

describe('Energy meter', () => {
  it('integrates power between two times, which need not be times of readings', () => {
    const meter = metered({ 0: 100, 1: 100, 2: 300 });
    expect(between(meter, 0, 1)).toBeCloseTo(100);
    expect(between(meter, 1, 2)).toBeCloseTo(200);
    expect(between(meter, 0.5, 1.5)).toBeCloseTo(150);
  });

  it('counts the power of an idle device', () => {
    expect(between(metered({ 0: 40, 1: 40, 2: 40 }), 0, 2)).toBeCloseTo(80);
  });

  it('holds the first and the last reading for 10 s before and after', () => {
    const meter = metered({ 0: 50, 1: 50, 2: 70 });
    expect(between(meter, -4, 0)).toBeCloseTo(200);
    expect(between(meter, 2, 5)).toBeCloseTo(210);
    expect(between(meter, -11, 0)).toBeNull();
    expect(between(meter, 2, 13)).toBeNull();
  });

  it('answers unknown, never 0, for a device without power and for a time without readings', () => {
    expect(between(metered({}), 0, 1)).toBeNull();
    expect(between(metered({ 0: null, 1: null }), 0, 1)).toBeNull();
    const meter = metered({ 0: 100, 1: 100, 2: null, 30: 100, 31: 100 });
    expect(between(meter, 0.5, 30.5)).toBeNull();
    expect(between(meter, 30, 31)).toBeCloseTo(100);
    expect(meter.between('gpu/1', T, T + 1000)).toBeNull();
  });

  it('bridges a reading that is missing for a few seconds', () => {
    expect(between(metered({ 0: 100, 1: null, 2: null, 3: 200 }), 0, 3)).toBeCloseTo(450);
  });

  it('ignores readings of a clock that was set back', () => {
    expect(between(metered({ 5: 100, 6: 100, 1: 900, 7: 100 }), 5, 7)).toBeCloseTo(200);
  });

  it('keeps the integral over hours of samples in bounded memory', () => {
    const meter = new EnergyMeter();
    const seconds = 60_000;
    for (let second = 0; second <= seconds; second += 1)
      meter.add({ at: T + 1000 * second, devices: [{ device: 'gpu/0', power: 250 }] });
    expect(between(meter, 0, seconds)).toBeCloseTo(250 * seconds);
    expect(between(meter, 1234.5, 1240.5)).toBeCloseTo(1500);
  });
});

describe('Energy meter: recorded machines', () => {
  it.each(fixtureMachines)('meters the cards of %s where their power is read', async (name) => {
    const machine = await startFixture(readFixture(name));
    try {
      await machine.second();
      await machine.second();
      const meter = new EnergyMeter();
      const samples = machine.utilisation.samples.since(0);
      for (const sample of samples) meter.add(sample);
      const last = samples.at(-1);
      for (const { device, power } of last?.devices ?? []) {
        const at = last?.at ?? 0;
        const joules = meter.between(device, at - 1000, at);
        if (power === null) expect(joules).toBeNull();
        else expect(joules).toBeCloseTo(power);
      }
    } finally {
      await machine.stop();
    }
  });
});
