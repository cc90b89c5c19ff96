import { describe, expect, it } from 'vitest';
import { Holds } from '../../../src/node/courtesy/hold.ts';
import { Unknown } from '../../../src/node/machine/utilisation/figure.ts';
import type { Figure } from '../../../src/node/machine/utilisation/figure.ts';

const LONG = 3_600_000;

/** Samples once a second on a manual clock. */
class World {
  now = 0;
  readonly holds = new Holds(['cpu', 'gpu/0'], 0);

  /** @returns the reasons by device after the last of so many seconds */
  pass(seconds: number, idleMs: Figure, loads: Readonly<Record<string, Figure>> = {}) {
    let held: ReturnType<Holds['sample']> = new Map();
    for (let i = 0; i < seconds; i++) {
      this.now += 1_000;
      held = this.holds.sample({ idleMs, loads: new Map(Object.entries(loads)) }, this.now);
    }
    return Object.fromEntries([...held].map(([device, { reason }]) => [device, reason]));
  }
}

const ALL = (reason: string) => ({ cpu: reason, 'gpu/0': reason });

describe('Courtesy: input holds', () => {
  it('holds every device at the first sample after input', () => {
    const world = new World();
    expect(world.pass(1, LONG)).toEqual({});
    expect(world.pass(1, 400)).toEqual(ALL('input'));
  });

  it('goes on after five minutes without input, and not before', () => {
    const world = new World();
    expect(world.pass(1, 299_999)).toEqual(ALL('input'));
    expect(world.pass(1, 300_000)).toEqual({});
  });

  it('names the time since which a device is held', () => {
    const world = new World();
    world.pass(3, LONG);
    world.pass(5, 0);
    expect(world.holds.heldSince('cpu')).toBe(4_000);
    world.pass(1, LONG);
    expect(world.holds.heldSince('cpu')).toBeNull();
  });
});

describe('Courtesy: load by others holds', () => {
  it('holds the device alone after two seconds above 15 per cent', () => {
    const world = new World();
    world.pass(1, LONG);
    expect(world.pass(1, LONG, { 'gpu/0': 16 })).toEqual({});
    expect(world.pass(1, LONG, { 'gpu/0': 16 })).toEqual({ 'gpu/0': 'load' });
  });

  it('does not hold at 15 per cent, nor for a load of one second', () => {
    const world = new World();
    expect(world.pass(60, LONG, { cpu: 15 })).toEqual({});
    for (let i = 0; i < 10; i++) {
      expect(world.pass(1, LONG, { cpu: 90 })).toEqual({});
      expect(world.pass(1, LONG, { cpu: 2 })).toEqual({});
    }
  });

  it('goes on after 60 seconds without such a load, counted from the last one', () => {
    const world = new World();
    world.pass(3, LONG, { cpu: 80 });
    expect(world.pass(59, LONG, { cpu: 1 })).toEqual({ cpu: 'load' });
    world.pass(1, LONG, { cpu: 80 });
    expect(world.pass(59, LONG, { cpu: 1 })).toEqual({ cpu: 'load' });
    expect(world.pass(1, LONG, { cpu: 1 })).toEqual({});
  });

  it('neither holds nor releases by a load that is unknown', () => {
    const world = new World();
    expect(world.pass(600, LONG, { cpu: new Unknown('no figures') })).toEqual({});
    world.pass(3, LONG, { cpu: 80 });
    expect(world.pass(600, LONG, { cpu: new Unknown('no figures') })).toEqual({ cpu: 'load' });
  });
});

describe('Courtesy: unknown is neither idle nor busy', () => {
  it('leaves everything as it was for ten seconds without an answer', () => {
    const [idle, busy] = [new World(), new World()];
    idle.pass(1, LONG);
    busy.pass(1, 0);
    expect(idle.pass(10, new Unknown('late'))).toEqual({});
    expect(busy.pass(10, new Unknown('late'))).toEqual(ALL('input'));
  });

  it('holds for that reason when nothing answers for longer, until a source does', () => {
    const world = new World();
    world.pass(1, LONG);
    expect(world.pass(11, new Unknown('late'))).toEqual(ALL('unknown'));
    expect(world.pass(1, LONG)).toEqual({});
  });
});
