import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Courtesy } from '../../../src/node/courtesy/courtesy.ts';
import type { CourtesyState } from '../../../src/node/courtesy/courtesy.ts';
import type { IdleReading } from '../../../src/node/courtesy/idle-time.ts';
import { readCourtesy, writeCourtesy } from '../../../src/node/courtesy/settings.ts';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { Unknown } from '../../../src/node/machine/utilisation/figure.ts';
import { NO_LIMITS } from '../../../src/protocol/node-messages.ts';
import type { NodeLimits } from '../../../src/protocol/node-messages.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';
import { writeFileSync } from 'node:fs';

const WHEN_IDLE: NodeLimits = { ...NO_LIMITS, whenIdle: true };
const LONG = 3_600_000;

/** A machine with two CPU slots and a card, on a manual clock that starts at noon. */
class World {
  readonly timer = new ManualTimer();
  readonly from = new Date(2026, 0, 5, 12).getTime();
  idle: IdleReading | Unknown = { source: 'GNOME', idleMs: LONG };
  loads: Record<string, number> = {};
  works = true;
  reads = 0;
  /** Messages to workers as `slot ms`, and ends of workers as `slot free`. */
  readonly sent: string[] = [];
  readonly states: CourtesyState[] = [];
  readonly courtesy: Courtesy;

  constructor(owner: NodeLimits = NO_LIMITS) {
    this.courtesy = new Courtesy(
      {
        devices: ['cpu', 'gpu/0'],
        slots: () => [
          { slot: 'local/cpu/0', device: 'cpu' },
          { slot: 'local/gpu/0/0', device: 'gpu/0' },
        ],
        works: () => this.works,
        idle: {
          read: () => {
            this.reads += 1;
            return Promise.resolve(this.idle);
          },
          stop: () => undefined,
        },
        loads: {
          read: () => Promise.resolve(new Map(Object.entries(this.loads))),
          stop: () => undefined,
        },
        timer: this.timer,
        wallClock: () => this.from + this.timer.now(),
        hold: (slot, ms) => this.sent.push(`${slot} ${ms}`),
        free: (slot) => this.sent.push(`${slot} free`),
        changed: (state) => this.states.push(state),
      },
      owner,
    );
  }

  /** Advances by seconds, and lets each sample end. */
  async pass(seconds: number): Promise<void> {
    await settle();
    for (let i = 0; i < seconds; i++) {
      this.timer.advance(1_000);
      await settle();
    }
  }

  takeSent(): string[] {
    return this.sent.splice(0);
  }
}

const settle = async (): Promise<void> => {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
};

describe('Courtesy: holding workers', () => {
  it('tells every worker to wait within two seconds of the first input', async () => {
    const world = new World(WHEN_IDLE);
    await world.pass(3);
    expect(world.takeSent()).toEqual([]);
    world.idle = { source: 'GNOME', idleMs: 300 };
    await world.pass(1);
    expect(world.takeSent()).toEqual(['local/cpu/0 10000', 'local/gpu/0/0 10000']);
    expect(world.courtesy.state).toMatchObject({
      slots: ['local/cpu/0', 'local/gpu/0/0'],
      held: { reason: 'input' },
      idleSource: 'GNOME',
    });
  });

  it('repeats the hold with each sample, and lets workers go on when it ends', async () => {
    const world = new World(WHEN_IDLE);
    world.idle = { source: 'GNOME', idleMs: 0 };
    await world.pass(3);
    expect(world.takeSent().filter((each) => each === 'local/cpu/0 10000')).toHaveLength(4);
    world.idle = { source: 'GNOME', idleMs: 300_000 };
    await world.pass(2);
    expect(world.takeSent()).toEqual(['local/cpu/0 0', 'local/gpu/0/0 0']);
    expect(world.courtesy.state).toMatchObject({ slots: [], held: null });
  });

  it('holds only the slots of the device that others use', async () => {
    const world = new World(WHEN_IDLE);
    world.loads = { 'gpu/0': 60, cpu: 3 };
    await world.pass(3);
    expect(world.courtesy.state).toMatchObject({
      slots: ['local/gpu/0/0'],
      held: { reason: 'load', data: { load: 60 } },
    });
  });

  it('ends the workers once that were held for two minutes, after their attempts were recalled', async () => {
    const world = new World(WHEN_IDLE);
    world.idle = { source: 'GNOME', idleMs: 0 };
    await world.pass(122);
    expect(world.takeSent().filter((each) => each.endsWith('free'))).toEqual([]);
    await world.pass(20);
    expect(world.takeSent().filter((each) => each.endsWith('free'))).toEqual([
      'local/cpu/0 free',
      'local/gpu/0/0 free',
    ]);
  });

  it('samples each second while workers run or start, else each five', async () => {
    const world = new World(WHEN_IDLE);
    await world.pass(10);
    expect(world.reads).toBe(11);
    world.works = false;
    await world.pass(11);
    expect(world.reads).toBe(14);
    world.courtesy.started();
    await world.pass(5);
    expect(world.reads).toBe(20);
  });

  it('reads nothing while neither owner nor host wants it, and lets held workers go on', async () => {
    const world = new World(WHEN_IDLE);
    world.idle = { source: 'GNOME', idleMs: 0 };
    await world.pass(1);
    world.takeSent();
    await world.courtesy.setOwner(NO_LIMITS);
    await world.pass(1);
    const { reads } = world;
    await world.pass(30);
    expect([world.reads, world.takeSent()]).toEqual([reads, ['local/cpu/0 0', 'local/gpu/0/0 0']]);
  });
});

describe('Courtesy: no source tells whether the machine is in use', () => {
  it('refuses the owner’s setting with the reason, and offers hours', async () => {
    const world = new World();
    world.idle = new Unknown('GNOME: no such name');
    await expect(world.courtesy.setOwner(WHEN_IDLE)).rejects.toMatchObject({
      code: 'idle-unknown',
      message: expect.stringMatching(/GNOME: no such name.*hours/) as string,
    });
    expect(world.courtesy.owner).toEqual(NO_LIMITS);
  });

  it('refuses the host’s wish, says why, and accepts it as soon as a source answers', async () => {
    const world = new World();
    world.idle = new Unknown('GNOME: no such name');
    world.courtesy.setWish(WHEN_IDLE);
    await world.pass(20);
    expect(world.courtesy.state).toMatchObject({
      limits: { whenIdle: false },
      slots: [],
      idleUnknown: 'GNOME: no such name',
    });
    world.idle = { source: 'KDE', idleMs: 0 };
    await world.pass(5);
    expect(world.courtesy.state).toMatchObject({
      limits: { whenIdle: true },
      slots: ['local/cpu/0', 'local/gpu/0/0'],
      idleUnknown: null,
    });
  });

  it('holds, with that reason, when the source of an accepted setting is gone', async () => {
    const world = new World(WHEN_IDLE);
    await world.pass(1);
    world.idle = new Unknown('the session has ended');
    await world.pass(12);
    expect(world.courtesy.state).toMatchObject({
      slots: ['local/cpu/0', 'local/gpu/0/0'],
      held: { reason: 'unknown', data: { why: 'the session has ended' } },
    });
  });
});

describe('Courtesy: limits', () => {
  it('tells when the hours of use begin, and that they have begun', async () => {
    const world = new World({ ...NO_LIMITS, hours: { from: 18, to: 8 } });
    await world.pass(0);
    const begin = new Date(2026, 0, 5, 18).getTime();
    expect(world.states.at(-1)?.hoursFrom).toBe(begin);
    await world.pass(0);
    world.timer.advance(6 * 3_600_000);
    await settle();
    for (let i = 0; i < 400; i++) {
      world.timer.advance(60_000);
      await settle();
    }
    expect(world.states.map(({ hoursFrom }) => hoursFrom)).toEqual([begin, null]);
  });

  it('lets the owner win over the host, and takes the stricter of both', async () => {
    const world = new World();
    await world.courtesy.setOwner({ ...NO_LIMITS, paused: true, devices: ['cpu'] });
    world.courtesy.setWish({ ...NO_LIMITS, hours: { from: 9, to: 18 } });
    await world.pass(1);
    expect(world.states.at(-1)?.limits).toEqual({
      ...NO_LIMITS,
      paused: true,
      devices: ['cpu'],
      hours: { from: 9, to: 18 },
    });
  });

  it('reports a change once', async () => {
    const world = new World(WHEN_IDLE);
    await world.pass(60);
    expect(world.states).toHaveLength(1);
  });
});

describe('Courtesy: settings of the owner', () => {
  let folder: TemporaryFolder;
  beforeEach(() => (folder = temporaryFolder()));
  afterEach(() => folder.remove());

  it('are kept in courtesy.json of the folder lan, without a drain', () => {
    const lan = new LanFolder(folder.path);
    expect(readCourtesy(lan)).toEqual(NO_LIMITS);
    const limits = { ...WHEN_IDLE, hours: { from: 18, to: 8 }, draining: { graceMs: 1 } };
    writeCourtesy(lan, limits);
    expect(readCourtesy(lan)).toEqual({ ...limits, draining: null });
  });

  it('are refused with file and field where they are damaged', () => {
    const lan = new LanFolder(folder.path);
    writeCourtesy(lan, NO_LIMITS);
    const file = folder.file('lan/courtesy.json');
    writeFileSync(
      file,
      '{"devices":null,"hours":{"from":25,"to":3},"whenIdle":false,"paused":false}',
    );
    expect(() => readCourtesy(lan)).toThrow(/courtesy\.json.*hours\.from/s);
  });
});
