import { describe, expect, it } from 'vitest';
import { RemoteHost } from '../../src/lab/remote-host.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import type { FromNode, NodeHello, ToNode } from '../../src/protocol/node-messages.ts';
import type { NodeListener } from '../../src/transport/transport.ts';
import { node as example } from '../support/node-message-examples.ts';

const NODE = 'nabcdefghij';
const LAB_ID = '1a'.repeat(32);
const welcome = {
  type: 'welcome',
  epoch: 3,
  pulseMs: 500,
  silentMs: 2_000,
  run: [{ slot: `${NODE}/gpu/0/0`, incarnation: '1.2' }],
} as const;

/** A host whose channels record what is sent to nodes. */
class HostWorld {
  links = 0;
  readonly sent: ToNode[] = [];
  readonly cuts: string[] = [];
  readonly events: { readonly type: string }[] = [];
  readonly exits: string[] = [];
  /** Versions for which orders of datasets and code were asked. */
  readonly versions: number[] = [];
  listener: NodeListener | null = null;
  /** Studies that the lab does not have; null: that is not known. */
  unknown: readonly string[] | null = [];
  readonly host = new RemoteHost({
    channels: {
      openLink: () => Promise.resolve(++this.links),
      send: (_, message) => this.sent.push(message),
      cut: (node) => this.cuts.push(node),
      onMessage: (listener) => (this.listener = listener),
    },
    lab: () => 'DESK',
    labId: LAB_ID,
    unknown: (studies) => this.unknown?.filter((uid) => studies.includes(uid)) ?? null,
    take: (event) => this.events.push(event),
    exited: ({ slot }) => this.exits.push(slot),
    fetch: (_, version) => {
      this.versions.push(version);
      return [];
    },
    wallClock: () => 1_000,
  });

  async receive(message: FromNode): Promise<void> {
    this.host.message(NODE, message);
    await new Promise((resolve) => setImmediate(resolve));
  }

  async join(more: Partial<NodeHello> = {}): Promise<void> {
    await this.receive({ ...example, ...more });
    this.host.send(NODE, { ...welcome, link: this.links });
  }
}

describe('Host of nodes: joining', () => {
  it('opens a task channel for each first message, and reports the node with its link', async () => {
    const world = new HostWorld();
    await world.join();
    expect(world.events[0]).toMatchObject({
      type: 'nodeJoined',
      node: NODE,
      boot: 3,
      link: 1,
      slots: [{ slot: `${NODE}/gpu/0/0`, running: '1.2' }],
    });
    expect(world.sent[0]).toMatchObject({
      type: 'nodeWelcome',
      v: 2,
      epoch: 3,
      link: 1,
      no: 1,
      lab: 'DESK',
      run: welcome.run,
    });
  });

  it('answers a repeated first message with the same welcome, and reports nothing again', async () => {
    const world = new HostWorld();
    await world.join();
    await world.receive(example);
    expect(world.links).toBe(1);
    expect(world.sent.filter(({ type }) => type === 'nodeWelcome')).toHaveLength(2);
    expect(world.events.filter(({ type }) => type === 'nodeJoined')).toHaveLength(1);
  });

  it('refuses a process of the node that is older than the one it knows', async () => {
    const world = new HostWorld();
    await world.join({ boot: 4 });
    await world.receive(example);
    expect(world.sent.at(-1)).toEqual({ type: 'goodbye', reason: 'replaced' });
    expect(world.links).toBe(1);
  });

  it('speaks version 1 with a node of an earlier release, also in its orders', async () => {
    const world = new HostWorld();
    await world.join({ v: { low: 1, high: 1 } });
    expect(world.sent[0]).toMatchObject({ type: 'nodeWelcome', v: 1 });
    await world.join({ no: 2, v: { low: 1, high: 4 } });
    expect(world.versions).toEqual([1, 4]);
  });

  it('ignores slots that belong to another node', async () => {
    const world = new HostWorld();
    const [slot] = example.slots;
    if (slot === undefined) throw new Error('the example has a slot');
    await world.join({ slots: [slot, { ...slot, slot: 'nothernode2/gpu/0/0' }] });
    expect(world.events[0]).toMatchObject({ slots: [{ slot: slot.slot }] });
    expect(world.host.nodes.get(NODE)?.hello.slots).toHaveLength(1);
  });

  it('says goodbye, with what to update, to a node of another protocol version', async () => {
    const world = new HostWorld();
    await world.receive({ ...example, v: { low: 8, high: 9 } });
    expect(world.sent).toMatchObject([
      { type: 'goodbye', reason: 'version', text: expect.stringContaining('update') as string },
    ]);
    expect(world.events).toEqual([]);
  });

  it('keeps the versions of a node that it refused until the node speaks another', async () => {
    const world = new HostWorld();
    world.host.otherVersion(NODE, { low: 8, high: 9 });
    expect(world.sent).toEqual([
      {
        type: 'goodbye',
        reason: 'version',
        text: `${NODE} speaks protocol 8–9, this lab 1–4: update Galapagos on the host of this lab`,
      },
    ]);
    expect(world.host.versionsOf(NODE)).toEqual({ low: 8, high: 9 });
    await world.join();
    expect(world.host.versionsOf(NODE)).toBeNull();
  });
});

describe('Host of nodes: a node that has joined', () => {
  it('has no content that it refuses, also if it had it before', async () => {
    const world = new HostWorld();
    await world.join();
    const content = 'c'.repeat(64);
    const report = { type: 'data', tree: content, content, bytes: 0, of: 0 } as const;
    const none = { sources: [], lacks: [], error: null };
    for (const state of ['had', 'fetching', 'failed'] as const)
      await world.receive({ ...report, ...none, state });
    expect(world.events.filter(({ type }) => type === 'nodeHas')).toEqual([
      { type: 'nodeHas', node: NODE, content, has: true },
      { type: 'nodeHas', node: NODE, content, has: false },
    ]);
  });

  it('answers a pulse with its clock, and reports silent and held slots', async () => {
    const world = new HostWorld();
    await world.join();
    const slot = `${NODE}/gpu/0/0`;
    const pulse = {
      type: 'pulse',
      n: 7,
      silent: [slot],
      held: [],
      rttMs: 2,
      offsetMs: 30,
    } as const;
    await world.receive({ ...pulse, silent: [slot], held: [] });
    expect(world.sent.at(-1)).toEqual({ type: 'hostPulse', n: 7, at: 1_000 });
    expect(world.events.at(-1)).toEqual({
      type: 'nodePulse',
      node: NODE,
      link: 1,
      silent: [slot],
      held: [],
      rttMs: 2,
    });
    expect(world.host.nodes.get(NODE)).toMatchObject({ rttMs: 2, offsetMs: -30 });
  });

  it('starts and ends workers by the node in their slot', async () => {
    const world = new HostWorld();
    await world.join();
    world.host.spawn(`${NODE}/cpu/0`, '3.1', 500);
    expect(world.sent.at(-1)).toMatchObject({ type: 'spawn', incarnation: '3.1', afterMs: 500 });
  });

  it('notes the exit of its own worker, and never of another node’s', async () => {
    const world = new HostWorld();
    await world.join();
    const exit = {
      type: 'exited',
      incarnation: '1.2',
      code: 1,
      signal: null,
      by: 'itself',
      rssPeakBytes: null,
      overMemory: false,
      lastWords: '',
    } as const;
    world.host.message(NODE, { ...exit, slot: 'local/cpu/0' });
    world.host.message(NODE, { ...exit, slot: `${NODE}/cpu/0` });
    expect(world.exits).toEqual([`${NODE}/cpu/0`]);
    expect(world.sent.filter(({ type }) => type === 'noted')).toHaveLength(1);
  });

  it.each([
    ['paused', { paused: true }],
    ['draining', { draining: { graceMs: 25_000 } }],
    ['open', {}],
  ] as const)('reports the mode that the owner has set: %s', async (mode, limits) => {
    const world = new HostWorld();
    await world.join();
    await world.receive({ type: 'limits', limits: { ...NO_LIMITS, ...limits } });
    expect(world.events.at(-1)).toMatchObject({ type: 'nodeMode', mode, by: 'owner' });
  });

  it('pauses a node, with the reason, whose links ended too often for invalid messages', async () => {
    const world = new HostWorld();
    await world.join();
    world.host.linkEnded(NODE, 'not JSON', false);
    expect(world.host.nodes.get(NODE)?.trouble).toBeNull();
    world.host.linkEnded(NODE, 'not JSON', true);
    expect(world.events.at(-1)).toMatchObject({ type: 'nodeMode', mode: 'paused' });
    expect(world.host.nodes.get(NODE)?.trouble).toContain('not JSON');
  });

  it('ignores a node at once that is cut off, and closes its channels after its goodbye', async () => {
    const world = new HostWorld();
    await world.join();
    const before = world.events.length;
    world.host.send(NODE, { type: 'goodbye', reason: 'removed' });
    world.host.cut(NODE);
    await world.receive(example);
    expect(world.events).toHaveLength(before);
    expect(world.sent.at(-1)).toEqual({ type: 'goodbye', reason: 'removed' });
    await expect.poll(() => world.cuts).toEqual([NODE]);
  });
});

describe('Host of nodes: courtesy', () => {
  const report = {
    type: 'courtesy',
    hoursFrom: null,
    held: null,
    idleSource: null,
    idleUnknown: null,
  } as const;

  it('pauses a node outside its hours and lets running trials finish', async () => {
    const world = new HostWorld();
    await world.join();
    world.events.length = 0;
    await world.receive({ ...report, hoursFrom: 1_000_000 });
    await world.receive(report);
    expect(world.events).toMatchObject([
      { type: 'nodeMode', node: NODE, mode: 'paused', by: 'owner' },
      { type: 'nodeMode', node: NODE, mode: 'open', by: 'owner' },
    ]);
    expect(world.events[0]).toHaveProperty('graceMs', 20 * 24 * 3_600_000);
  });

  it('recalls trials at once when the owner pauses, also outside the hours', async () => {
    const world = new HostWorld();
    await world.join();
    await world.receive({ ...report, hoursFrom: 1_000_000 });
    world.events.length = 0;
    await world.receive({ type: 'limits', limits: { ...NO_LIMITS, paused: true } });
    expect(world.events[0]).toMatchObject({ type: 'nodeMode', mode: 'paused', graceMs: 0 });
  });

  it('keeps what the node reports of its use, also over a new link', async () => {
    const world = new HostWorld();
    await world.join();
    const held = { reason: 'load', data: { load: 40 } } as const;
    await world.receive({ ...report, held });
    await world.join({ no: example.no + 1 });
    expect(world.host.nodes.get(NODE)?.courtesy).toMatchObject({ held });
  });

  it('drains the slots of devices that the limits exclude, and offers them again', async () => {
    const world = new HostWorld();
    await world.join({ limits: NO_LIMITS });
    world.events.length = 0;
    await world.receive({ type: 'limits', limits: { ...NO_LIMITS, devices: ['cpu'] } });
    await world.receive({ type: 'limits', limits: { ...NO_LIMITS, devices: ['gpu'] } });
    expect(world.events.filter(({ type }) => type.startsWith('slot'))).toEqual([
      { type: 'slotDrained', slot: `${NODE}/gpu/0/0`, because: 'owner' },
      { type: 'slotOffered', slot: `${NODE}/gpu/0/0`, because: 'owner' },
    ]);
  });
});

describe('Host of nodes: studies that were removed', () => {
  const [kept, gone] = ['0d9c8c9e-kept', '0d9c8c9e-gone'] as const;
  const keeps = { type: 'keeps', labId: LAB_ID, studies: [kept, gone] } as const;
  const forget = { type: 'forget', labId: LAB_ID, studies: [gone] } as const;

  async function linked(high: number): Promise<HostWorld> {
    const world = new HostWorld();
    world.unknown = [gone, 'another'];
    await world.join({ v: { low: 1, high } });
    world.sent.length = 0;
    return world;
  }
  const forgotten = (world: HostWorld): ToNode[] =>
    world.sent.filter(({ type }) => type === 'forget');

  it('names the lab in the welcome of a node that can ask, and of no earlier release', async () => {
    for (const [high, labId] of [
      [4, LAB_ID],
      [3, undefined],
    ] as const) {
      const world = new HostWorld();
      await world.join({ v: { low: 1, high } });
      const welcomed = world.sent.find((message) => message.type === 'nodeWelcome');
      expect(welcomed?.labId).toBe(labId);
    }
  });

  it('answers a node with those of its studies that the lab does not have', async () => {
    const world = await linked(4);
    await world.receive({ ...keeps, studies: [kept, gone] });
    expect(forgotten(world)).toEqual([forget]);
    await world.receive({ ...keeps, studies: [kept] });
    expect(forgotten(world)).toHaveLength(1);
  });

  it('names none to a node that asks about another lab', async () => {
    const world = await linked(4);
    await world.receive({ ...keeps, labId: '2b'.repeat(32), studies: [gone] });
    expect(forgotten(world)).toEqual([]);
  });

  it('names none while it is not known whether this process still owns the lab', async () => {
    const world = await linked(4);
    world.unknown = null;
    await world.receive({ ...keeps, studies: [gone] });
    expect(forgotten(world)).toEqual([]);
  });

  it('tells every linked node of a removal, except those of an earlier release', async () => {
    for (const [high, told] of [
      [4, [forget]],
      [3, []],
    ] as const) {
      const world = await linked(high);
      world.host.removed(gone);
      expect(forgotten(world)).toEqual(told);
    }
  });
});
