import { describe, expect, it } from 'vitest';
import { HostLink } from '../../../src/node/link/link.ts';
import type { LinkChange, LinkEnd } from '../../../src/node/link/link.ts';
import { NO_LIMITS } from '../../../src/protocol/node-messages.ts';
import type { FromNode, NodeResult, NodeWelcome } from '../../../src/protocol/node-messages.ts';
import { encodeMessage } from '../../../src/protocol/worker-wire.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { cohort, result } from '../../support/worker-message-examples.ts';

/** A link whose channels record what is sent. */
class LinkWorld {
  readonly timer = new ManualTimer();
  readonly sent: (FromNode | NodeResult)[] = [];
  readonly worker: string[] = [];
  readonly links: number[] = [];
  readonly changes: LinkChange[] = [];
  readonly ends: LinkEnd[] = [];
  readonly stalls: number[] = [];
  readonly orders: string[] = [];
  works = false;
  readonly link = new HostLink({
    channels: {
      send: (message) => this.sent.push(message),
      sendResult: (message) => this.sent.push(message),
      sendWorkerControl: (_, line) => this.worker.push(line),
      sendWorkerResult: (_, line) => this.worker.push(line),
      joinTasks: (link) => this.links.push(link),
    },
    timer: this.timer,
    wallClock: () => 1_000_000 + this.timer.now(),
    describe: () => ({
      boot: 1,
      name: 'PIXEL',
      release: '1.0.0',
      system: 'linux x64',
      cores: 2,
      arithmetic: {},
      slots: [],
      has: [],
      serves: null,
      limits: NO_LIMITS,
    }),
    pulse: () => ({ silent: [], held: [], works: this.works }),
    stalled: (ms) => this.stalls.push(ms),
    welcomed: () => undefined,
    received: ({ type }) => this.orders.push(type),
    control: (_, { type }) => this.orders.push(type),
    task: (_, { type }) => this.orders.push(type),
    changed: (change) => this.changes.push(change),
    drained: () => this.orders.push('drained'),
    ended: (end) => this.ends.push(end),
    warn: () => undefined,
  });

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }

  welcome(more: Partial<NodeWelcome> = {}): void {
    this.link.message({
      type: 'nodeWelcome',
      v: 1,
      epoch: 3,
      link: 7,
      no: 1,
      lab: 'DESK',
      pulseMs: 500,
      silentMs: 2_000,
      run: [],
      fetch: [],
      ...more,
    });
  }

  up(): void {
    this.link.state({ is: 'connected' });
    this.welcome();
    this.sent.length = 0;
  }
}

const peer = { slot: result.slot, incarnation: result.incarnation };

describe('Link of a node: joining', () => {
  it('repeats its first message every two seconds with the same number until it is welcomed', () => {
    const world = new LinkWorld();
    world.link.state({ is: 'connected' });
    world.timer.advance(4_500);
    expect(world.sent).toMatchObject([{ no: 1 }, { no: 1 }, { no: 1 }]);
    world.welcome();
    expect(world.links).toEqual([7]);
    expect(world.link.isUp).toBe(true);
    world.timer.advance(9_000);
    expect(world.types().filter((type) => type === 'node')).toHaveLength(3);
  });

  it('says hello with the next number after a disconnect, and ignores the earlier welcome', () => {
    const world = new LinkWorld();
    world.link.state({ is: 'connected' });
    world.link.state({ is: 'connecting' });
    world.link.state({ is: 'connected' });
    world.welcome({ no: 1 });
    expect(world.link.isUp).toBe(false);
    world.welcome({ no: 2, link: 8 });
    expect(world.links).toEqual([8]);
  });

  it('sends nothing of its workers, and takes no tasks, before the welcome', () => {
    const world = new LinkWorld();
    world.link.state({ is: 'connected' });
    world.link.passResult(result);
    world.link.tasks(peer, encodeMessage(cohort));
    expect(world.worker).toEqual([]);
    expect(world.orders).toEqual([]);
    world.welcome();
    world.link.passResult(result);
    world.link.tasks(peer, `${encodeMessage(cohort)}\n${encodeMessage(cohort)}`);
    expect(world.worker).toEqual([encodeMessage(result)]);
    expect(world.orders).toEqual(['cohort', 'cohort']);
  });
});

describe('Link of a node: pulses', () => {
  it('sends one each second, and each half second while a worker runs', () => {
    const world = new LinkWorld();
    world.up();
    world.timer.advance(3_000);
    expect(world.types()).toEqual(['pulse', 'pulse', 'pulse']);
    world.works = true;
    world.timer.advance(3_000);
    expect(world.types()).toHaveLength(3 + 5);
  });

  it('reports the round-trip time and the clock offset of the fastest answer', () => {
    const world = new LinkWorld();
    world.link.state({ is: 'connected' });
    world.welcome();
    world.timer.advance(30);
    world.link.message({ type: 'hostPulse', n: 1, at: 1_005_000 });
    world.timer.advance(970);
    world.timer.advance(10);
    world.link.message({ type: 'hostPulse', n: 2, at: 1_006_000 });
    expect(world.link.clock).toEqual({ rttMs: 10, offsetMs: 1_006_000 + 5 - 1_001_010 });
    world.timer.advance(1_000);
    expect(world.sent.at(-1)).toMatchObject({ type: 'pulse', rttMs: 10 });
  });

  it('reports a stall of the process before the pulse that is late', () => {
    const world = new LinkWorld();
    world.up();
    world.timer.sleep(60_000);
    expect(world.stalls).toEqual([59_000]);
  });
});

describe('Link of a node: its end', () => {
  it.each(['removed', 'replaced'] as const)('ends after the goodbye `%s`', (reason) => {
    const world = new LinkWorld();
    world.up();
    world.link.message({ type: 'goodbye', reason });
    world.link.state({ is: 'connecting' });
    world.link.state({ is: 'connected' });
    world.timer.advance(60_000);
    expect(world.ends).toEqual([{ why: reason }]);
    expect(world.sent).toEqual([]);
  });

  it('stays when it is drained: the host can resume it', () => {
    const world = new LinkWorld();
    world.up();
    world.link.message({ type: 'goodbye', reason: 'drained' });
    expect(world.orders).toEqual(['drained']);
    expect(world.link.isUp).toBe(true);
  });

  it('ends when the lab refuses it twice in a row and never welcomed it', () => {
    const world = new LinkWorld();
    world.link.state({ is: 'refused' });
    expect(world.ends).toEqual([]);
    world.link.state({ is: 'refused' });
    expect(world.ends).toEqual([{ why: 'refused' }]);
  });

  it('waits for a lab that welcomed it before and refuses it now', () => {
    const world = new LinkWorld();
    world.up();
    for (let i = 0; i < 9; i++) world.link.state({ is: 'refused' });
    expect(world.ends).toEqual([]);
    expect(world.changes.at(-1)).toEqual({ kind: 'refused' });
  });

  it('ends where a host of another version never welcomed it, and else asks every minute', () => {
    const goodbye = { type: 'goodbye', reason: 'version', text: 'update' } as const;
    const stranger = new LinkWorld();
    stranger.link.state({ is: 'connected' });
    stranger.link.message(goodbye);
    expect(stranger.ends).toEqual([{ why: 'version', text: 'update' }]);
    const known = new LinkWorld();
    known.up();
    known.link.message(goodbye);
    known.timer.advance(59_999);
    expect(known.sent).toEqual([]);
    known.timer.advance(1);
    expect(known.sent).toMatchObject([{ type: 'node', no: 2 }]);
  });

  it('stays when the host shuts down, and joins again when the host is back', () => {
    const world = new LinkWorld();
    world.up();
    world.link.message({ type: 'goodbye', reason: 'shutdown' });
    world.link.state({ is: 'connecting' });
    expect(world.changes.slice(1)).toEqual([{ kind: 'down', reason: 'shutdown' }]);
    world.link.state({ is: 'connected' });
    world.welcome({ no: 2 });
    expect(world.link.isUp).toBe(true);
  });

  it('begins a new link after three invalid messages of the host within a minute', () => {
    const world = new LinkWorld();
    world.up();
    world.link.tasks(peer, 'nonsense\nnonsense');
    expect(world.types()).toEqual([]);
    world.link.control(peer, '{}');
    expect(world.sent).toMatchObject([{ type: 'node', no: 2 }]);
  });

  it('says why it leaves', () => {
    const world = new LinkWorld();
    world.up();
    world.link.leave('shutdown');
    expect(world.sent).toEqual([{ type: 'leaving', reason: 'shutdown' }]);
    expect(world.ends).toEqual([{ why: 'left' }]);
  });

  it('says that its machine sleeps, is silent, and begins a new link when the machine wakes', () => {
    const world = new LinkWorld();
    world.up();
    world.link.sleep();
    expect(world.sent).toEqual([{ type: 'leaving', reason: 'sleep' }]);
    world.timer.advance(5_000);
    expect(world.sent).toHaveLength(1);
    world.link.wake();
    expect(world.types()).toEqual(['leaving', 'node']);
    world.welcome({ no: 2 });
    expect(world.link.isUp).toBe(true);
    world.link.wake();
    expect(world.types()).toEqual(['leaving', 'node', 'pulse']);
    expect(world.ends).toEqual([]);
  });

  it('begins a new link although nothing tells it that its machine has woken', () => {
    const world = new LinkWorld();
    world.up();
    world.link.sleep();
    world.timer.advance(20_000);
    expect(world.types()).toContain('node');
  });
});
