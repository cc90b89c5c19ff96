/** Simulates a host and nodes that share a dataset, on a virtual clock. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../../src/core/at.ts';
import { NODE_PROTOCOL } from '../../../src/protocol/node-messages.ts';
import { CHUNK_MS, CONTENT, Swarm } from '../../support/dataset-swarm.ts';
import type { SwarmNode } from '../../support/dataset-swarm.ts';
import { size } from '../../support/effort.ts';

/** Returns a generator of numbers in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function expectEqualBytes(swarm: Swarm): void {
  for (const { store } of swarm.nodes)
    expect(store.stored.get(CONTENT)?.data).toEqual(swarm.tree.data);
}

describe('Datasets of a lab: sharing chunks', () => {
  it('sends most chunks once from the host, and lets nodes pass them on', async () => {
    const swarm = new Swarm(4, 100, seeded(1));
    await swarm.want();
    const ms = await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
    expect(swarm.nodes.map(({ last }) => last?.state)).toEqual(['had', 'had', 'had', 'had']);
    // The host alone would send 400 chunks, and take four times as long as one link.
    expect(swarm.sent.get('host')).toBeLessThan(180);
    expect(ms).toBeLessThan((100 * CHUNK_MS) / 0.6);
    for (const { store } of swarm.nodes) expect(store.written).toHaveLength(100);
  });

  it('asks for no chunk again that a slow disk is still writing', async () => {
    const swarm = new Swarm(1, 40, seeded(4));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    node.store.diskReady = () => new Promise((resolve) => swarm.timer.after(5 * CHUNK_MS, resolve));
    await swarm.want();
    await swarm.until(() => swarm.everyNodeHas());
    expect(swarm.sent.get('host')).toBe(40);
    expect(node.store.written).toHaveLength(40);
  });

  it('serves a node that joins later from nodes that have the dataset', async () => {
    const swarm = new Swarm(3, 60, seeded(2));
    const [late] = swarm.nodes;
    if (late === undefined) throw new Error('no node');
    swarm.crash(late);
    await swarm.want();
    await swarm.until(() => swarm.nodes.slice(1).every(({ store }) => store.stored.has(CONTENT)));
    const before = swarm.sent.get('host') ?? 0;
    swarm.start(late);
    await swarm.until(() => swarm.everyNodeHas());
    expect((swarm.sent.get('host') ?? 0) - before).toBeLessThan(30);
  });
});

describe('Datasets of a lab: rotated keys', () => {
  it('reads from a node and serves it after its key has changed', async () => {
    const swarm = new Swarm(2, 100, seeded(6));
    const [other, rotated] = swarm.nodes;
    if (other === undefined || rotated === undefined) throw new Error('no nodes');
    await swarm.want();
    await swarm.run(20 * CHUNK_MS);
    swarm.rotate(rotated, 'another key');
    await swarm.run(10 * CHUNK_MS);
    const sentBy = ({ id }: typeof other): number => swarm.sent.get(id) ?? 0;
    const before = swarm.nodes.map(sentBy);
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
    swarm.nodes
      .map(sentBy)
      .forEach((sent, i) => expect(sent - (before[i] ?? 0)).toBeGreaterThan(20));
  });
});

describe('Datasets of a lab: wrong chunks', () => {
  it('fetches a chunk elsewhere after one flipped byte, and keeps the source', async () => {
    const swarm = new Swarm(2, 40, seeded(3));
    let flipped = 0;
    swarm.flips.set('host', (index) => index === 7 && flipped++ === 0);
    await swarm.want();
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
    expect(flipped).toBeGreaterThan(0);
    expect(swarm.nodes.flatMap(({ reports }) => reports.map(({ error }) => error))).not.toContain(
      'DESK sent wrong chunks of digits and is not asked any more',
    );
  });

  it('asks the host again for a chunk that it sent wrong, where there is no other source', async () => {
    const swarm = new Swarm(1, 40, seeded(12));
    let flipped = 0;
    swarm.flips.set('host', (index) => index === 7 && flipped++ === 0);
    await swarm.want();
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
    expect(flipped).toBe(2);
  });

  it('drops a node that sends wrong chunks twice, and says so', async () => {
    const swarm = new Swarm(3, 80, seeded(4));
    swarm.flips.set('n2', () => true);
    await swarm.want();
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
    const errors = swarm.nodes.flatMap(({ reports }) => reports.map(({ error }) => error));
    expect(errors).toContain('N2 sent wrong chunks of digits and is not asked any more');
  });

  it('fails where the host itself sends wrong chunks and no other source is left', async () => {
    const swarm = new Swarm(1, 40, seeded(5));
    swarm.flips.set('host', () => true);
    await swarm.want();
    const [node] = swarm.nodes;
    await swarm.until(() => node?.last?.state === 'failed');
    expect(node?.last?.error).toBe('DESK sent wrong chunks of digits and is not asked any more');
    // The file may have been mended meanwhile.
    swarm.flips.clear();
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
  });
});

describe('Datasets of a lab: cuts and crashes', () => {
  it('resumes after a cut without asking again for a chunk that it has verified', async () => {
    const swarm = new Swarm(1, 100, seeded(6));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    await swarm.want();
    await swarm.until(() => node.store.written.length >= 40);
    swarm.cut('n1', true);
    await swarm.run(20_000);
    swarm.cut('n1', false);
    swarm.join(node);
    await swarm.until(() => swarm.everyNodeHas());
    expect(new Set(node.store.written).size).toBe(node.store.written.length);
    // Only what was under way during the cut is sent twice.
    expect(swarm.sent.get('host')).toBeLessThanOrEqual(104);
  });

  it('is asked again at once by a node whose link is the only source', async () => {
    const swarm = new Swarm(1, 50, seeded(7));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    await swarm.want();
    await swarm.until(() => node.store.written.length >= 10);
    swarm.cut('n1', true);
    await swarm.run(8_000);
    swarm.cut('n1', false);
    // The link is not made anew: only the answers were lost.
    const ms = await swarm.until(() => swarm.everyNodeHas());
    expect(ms).toBeLessThan(15_000);
  });

  it('hashes saved chunks after a crash and fetches only the damaged and the unsaved', async () => {
    const swarm = new Swarm(1, 100, seeded(8));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    await swarm.want();
    await swarm.until(() => node.store.written.length >= 60);
    swarm.crash(node);
    await swarm.run(100);
    const [collected] = node.store.collected.values();
    if (collected === undefined) throw new Error('nothing collected');
    const saved = collected.saved.reduce(
      (sum, byte) => sum + byte.toString(2).replaceAll('0', '').length,
      0,
    );
    expect(saved).toBeGreaterThanOrEqual(32);
    const [first] = node.store.written;
    const at = (first ?? 0) * 64;
    collected.data[at] = (collected.data[at] ?? 0) ^ 1;
    node.store.written.length = 0;
    swarm.start(node);
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
    expect(node.store.written).toHaveLength(100 - saved + 1);
    expect(node.store.written).toContain(first);
  });

  it('finishes at every node whatever is cut, flipped or killed meanwhile', async () => {
    const fault = fc.record({
      at: fc.integer({ min: 0, max: 12_000 }),
      node: fc.integer({ min: 0, max: 3 }),
      kind: fc.constantFrom('cut', 'crash', 'hostCut' as const),
      ms: fc.integer({ min: 100, max: 20_000 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { maxLength: 8 }),
        fc.nat({ max: 1e6 }),
        fc.integer({ min: 0, max: 4 }),
        async (faults, seed, flipping) => {
          const random = seeded(seed);
          const swarm = new Swarm(4, 40, random);
          // One machine may flip bytes; the host only now and then.
          if (flipping > 0) swarm.flips.set(`n${flipping}`, () => random() < 0.3);
          await swarm.want();
          const events = faults.flatMap(({ at, node, kind, ms }) => [
            { at, kind, node, begins: true },
            { at: at + ms, kind, node, begins: false },
          ]);
          let now = 0;
          for (const { at, kind, node: i, begins } of events.sort((a, b) => a.at - b.at)) {
            await swarm.run(at - now);
            now = at;
            const node = swarm.nodes[i];
            if (node === undefined) continue;
            if (kind === 'crash') {
              if (begins) swarm.crash(node);
              else swarm.start(node);
              continue;
            }
            const id = kind === 'cut' ? node.id : 'host';
            swarm.cut(id, begins);
            if (!begins) for (const each of kind === 'cut' ? [node] : swarm.nodes) swarm.join(each);
          }
          await swarm.until(() => swarm.everyNodeHas());
          expectEqualBytes(swarm);
        },
      ),
      {
        numRuns: size(10, 200),
        examples: [
          // The answer to one request is lost while a peer goes on answering others.
          [[{ at: 1_896, node: 0, kind: 'cut', ms: 100 }], 0, 0],
          [
            [
              { at: 0, node: 0, kind: 'hostCut', ms: 4_236 },
              { at: 8_792, node: 0, kind: 'cut', ms: 101 },
            ],
            0,
            3,
          ],
        ],
      },
    );
  });
});

describe('Datasets of a lab: full disks', () => {
  it('pauses with the bytes needed and free, tries each minute, and goes on', async () => {
    const swarm = new Swarm(1, 40, seeded(9));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    node.store.capacity = 20 * 64;
    await swarm.want();
    await swarm.until(() => node.last?.state === 'paused');
    expect(node.last?.error).toBe('disk full: 1 MB needed, 1 MB free');
    expect(swarm.sent.get('host')).toBeUndefined();
    node.store.capacity = 1e9;
    await swarm.run(30_000);
    expect(node.last?.state).toBe('paused');
    await swarm.until(() => swarm.everyNodeHas());
    expectEqualBytes(swarm);
  });

  it('pauses when the disk fills up while chunks are written, and loses none', async () => {
    const swarm = new Swarm(1, 100, seeded(10));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    await swarm.want();
    await swarm.until(() => node.store.written.length >= 50);
    node.store.capacity = 0;
    await swarm.until(() => node.last?.state === 'paused');
    expect(node.last?.error).toMatch(/^disk full: 1 MB needed, 0 MB free$/);
    node.store.capacity = 1e9;
    await swarm.until(() => swarm.everyNodeHas());
    expect(new Set(node.store.written).size).toBe(node.store.written.length);
    expectEqualBytes(swarm);
  });

  it('removes unused datasets for one that is wanted, and reports them', async () => {
    const swarm = new Swarm(1, 40, seeded(11));
    const [node] = swarm.nodes;
    if (node === undefined) throw new Error('no node');
    const old = 'd1'.repeat(32);
    node.store.stored.set(old, { manifest: swarm.tree.manifest, data: new Uint8Array(2000) });
    node.store.capacity = 40 * 64 + 500;
    await swarm.want();
    await swarm.until(() => swarm.everyNodeHas());
    expect(node.store.contents()).toEqual([CONTENT]);
    expect(node.reports.find(({ state }) => state === 'evicted')?.content).toBe(old);
  });
});

describe('Datasets of a lab: what no study needs any more', () => {
  const states = (node: SwarmNode): readonly string[] => node.reports.map(({ state }) => state);

  async function having(seed: number): Promise<{ swarm: Swarm; node: SwarmNode }> {
    const swarm = new Swarm(1, 40, seeded(seed));
    const node = at(swarm.nodes, 0);
    await swarm.want();
    await swarm.until(() => swarm.everyNodeHas());
    node.reports.length = 0;
    return { swarm, node };
  }

  it('is removed and reported, unless the host wants it', async () => {
    const { node } = await having(12);
    await node.datasets.unneeded([CONTENT]);
    expect([node.store.contents(), states(node)]).toEqual([[CONTENT], []]);
    node.datasets.want([]);
    await node.datasets.unneeded([CONTENT, 'd1'.repeat(32)]);
    expect([node.store.contents(), states(node)]).toEqual([[], ['evicted']]);
  });

  it('is fetched again where the host begins to want it during the removal', async () => {
    const { swarm, node } = await having(13);
    node.datasets.want([]);
    const removed = node.datasets.unneeded([CONTENT]);
    node.datasets.want(swarm.host.orders(NODE_PROTOCOL.high));
    await removed;
    expect(node.store.contents()).toEqual([]);
    await swarm.until(() => swarm.everyNodeHas());
  });
});
