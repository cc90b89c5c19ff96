import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdmittedNodes } from '../../../src/node/keys/admitted.ts';
import { newKeyPair } from '../../../src/node/keys/key-pair.ts';
import { PEOPLE_MS, WAIT_MS } from '../../../src/node/pairing/conversation.ts';
import type { Side, Tap } from '../../support/line-pair.ts';
import { BEGAN, PairingWorld } from '../../support/pairing-world.ts';
import type { Joining } from '../../support/pairing-world.ts';

let world: PairingWorld;
beforeEach(() => {
  world = new PairingWorld();
});
afterEach(() => {
  world.remove();
});

/** Runs callbacks of promises that are settled already. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function agree(joining: Joining): Promise<void> {
  world.admissions.decide(world.pending.conversation, true);
  joining.pairing.agree(true);
  await settled();
}

const typeOf = (line: string): unknown => (JSON.parse(line) as { type: unknown }).type;

describe('Pairing: two machines and two people', () => {
  it('shows the same digits on both screens, and the name of the other', () => {
    const joining = world.join();
    expect(world.pending).toEqual({
      conversation: world.pending.conversation,
      name: 'PIXEL',
      address: '10.0.0.7',
      digits: joining.shown(),
      since: BEGAN,
      agreed: false,
      ended: null,
    });
    expect(joining.shown()).toMatch(/^\d{6}$/);
  });

  it.each(['host', 'node'] as const)('admits after both said yes, the %s first', async (first) => {
    const parts = world.joiner();
    const joining = world.join(parts);
    const { conversation } = world.pending;
    const yes = {
      host: () => world.admissions.decide(conversation, true),
      node: () => joining.pairing.agree(true),
    };
    yes[first]();
    await settled();
    expect(joining.admission()).toBeNull();
    expect(world.admitted.list()).toEqual([]);
    expect(world.pending.agreed).toBe(first === 'host');
    yes[first === 'host' ? 'node' : 'host']();
    await settled();
    const [node] = world.admitted.list();
    expect(node).toMatchObject({ name: 'PIXEL', by: 'digits', ephemeral: false });
    expect(node?.key).toBe(parts.identity.key.toString('hex'));
    expect(joining.admission()).toEqual({
      hostKey: world.host.key,
      host: { name: 'DESK', lab: 'vision' },
      node: node?.id,
    });
    expect(world.waiting).toEqual([]);
    expect(world.refused).toEqual([]);
    world.timer.advance(30_000);
    expect(world.timer.pending).toBe(0);
  });

  it('stores the node and opens its channels before the node is told', async () => {
    let seen: unknown = null;
    const joining = world.join(world.joiner(), '10.0.0.7', (_, line) => {
      if (typeOf(line) === 'admitted')
        seen = [new AdmittedNodes(world.folder).list().length, world.opened.length];
      return [line];
    });
    await agree(joining);
    expect(seen).toEqual([1, 1]);
  });

  it.each([
    ['host', 'refused by the user of this host'],
    ['node', 'the other side ended the conversation'],
  ] as const)('admits nothing when the person at the %s says no', async (who, detail) => {
    const joining = world.join();
    const { conversation } = world.pending;
    if (who === 'host') {
      joining.pairing.agree(true);
      world.admissions.decide(conversation, false);
    } else {
      world.admissions.decide(conversation, true);
      joining.pairing.agree(false);
    }
    await settled();
    expect(joining.admission()).toBeNull();
    expect(joining.failure()).toMatchObject({ reason: 'refused', own: who === 'node' });
    expect(world.refused).toEqual([{ address: '10.0.0.7', reason: 'refused', detail }]);
    expect(world.admitted.list()).toEqual([]);
    expect(world.admissions.decide(conversation, true)).toBe(false);
  });

  it('waits for people for two minutes while both sides say that they wait', async () => {
    const joining = world.join();
    const count = (): number[] =>
      [joining.lines.host, joining.lines.node].map(
        ({ sent }) => sent.filter((line) => typeOf(line) === 'wait').length,
      );
    world.timer.advance(PEOPLE_MS - 1);
    const waits = Math.floor((PEOPLE_MS - 1) / WAIT_MS);
    expect(count()).toEqual([waits, waits]);
    expect(world.waiting).toHaveLength(1);
    world.timer.advance(1);
    await settled();
    expect(joining.failure()).toMatchObject({ reason: 'timeout' });
    expect(world.refused).toMatchObject([{ reason: 'timeout' }]);
    world.timer.advance(30_000);
    expect(world.timer.pending).toBe(0);
  });

  it('ends when the other machine falls silent, stops or is cut off', async () => {
    for (const [address, end] of [
      ['10.0.0.7', (joining: Joining) => joining.lines.cut()],
      ['10.0.0.8', (joining: Joining) => joining.pairing.cancel()],
    ] as const) {
      const joining = world.join(world.joiner(), address);
      end(joining);
      await settled();
      expect(world.waiting).toEqual([]);
    }
    let silent = false;
    world.join(world.joiner(), '10.0.0.9', (_, line) => (silent ? [] : [line]));
    silent = true;
    world.timer.advance(3 * WAIT_MS);
    expect(world.refused.map(({ reason }) => reason)).toEqual(['gone', 'refused', 'timeout']);
  });

  it('reports each change of the list of those that wait', () => {
    let changes = 0;
    const end = world.admissions.onChange(() => (changes += 1));
    const joining = world.join();
    const before = changes;
    expect(before).toBeGreaterThan(0);
    world.admissions.decide(world.pending.conversation, true);
    expect(changes).toBeGreaterThan(before);
    end();
    const last = changes;
    joining.pairing.cancel();
    expect(changes).toBe(last);
  });

  it('lists for half a minute how an admission ended', async () => {
    const joining = world.join();
    const { conversation } = world.pending;
    await agree(joining);
    expect(world.admissions.list()).toMatchObject([{ conversation, ended: 'admitted' }]);
    world.timer.advance(29_999);
    const next = world.join(world.joiner('SLOW'), '10.0.0.8');
    next.pairing.cancel();
    expect(world.admissions.list().map(({ name, ended }) => [name, ended])).toEqual([
      ['PIXEL', 'admitted'],
      ['SLOW', 'refused'],
    ]);
    world.timer.advance(30_000);
    expect(world.admissions.list()).toEqual([]);
  });

  it('ends open conversations when the host stops sharing, and takes no more', () => {
    const joining = world.join();
    world.admissions.close();
    expect(joining.failure()).toMatchObject({ reason: 'refused' });
    expect(world.join(world.joiner(), '10.0.0.8').failure()).toMatchObject({ reason: 'busy' });
  });
});

describe('Pairing: attacks', () => {
  it('gives different digits when a name was changed on the way', () => {
    const joining = world.join(world.joiner(), '10.0.0.7', (from, line) => [
      from === 'node' ? line.replace('PIXEL', 'DESK2') : line,
    ]);
    expect(world.pending.name).toBe('DESK2');
    expect(world.pending.digits).not.toBe(joining.shown());
  });

  it('ends with a mismatch when both people confirm different digits all the same', async () => {
    const joining = world.join(world.joiner(), '10.0.0.7', (from, line) => [
      from === 'node' ? line.replace('PIXEL', 'DESK2') : line,
    ]);
    await agree(joining);
    expect(joining.failure()).toMatchObject({ reason: 'mismatch', own: false });
    expect(world.refused).toMatchObject([{ reason: 'mismatch' }]);
    expect(world.admitted.list()).toEqual([]);
  });

  it('ends when the host reveals another nonce than it committed to', () => {
    const joining = world.join(world.joiner(), '10.0.0.7', (_, line) => [
      typeOf(line) === 'reveal'
        ? JSON.stringify({ type: 'reveal', nonce: randomBytes(32).toString('hex') })
        : line,
    ]);
    expect(joining.shown()).toBeNull();
    expect(joining.failure()).toMatchObject({ reason: 'mismatch', own: true });
    expect(world.refused).toMatchObject([{ reason: 'mismatch' }]);
  });

  it('accepts no admission before the owner of the joining machine said yes', async () => {
    const joining = world.join();
    world.admissions.decide(world.pending.conversation, true);
    joining.lines.host.send(
      JSON.stringify({ type: 'admitted', mac: 'a'.repeat(64), node: 'naaaaaaaaaa' }),
    );
    await settled();
    expect(joining.admission()).toBeNull();
    expect(joining.failure()).toMatchObject({ reason: 'protocol', own: true });
  });

  it("refuses the host's proof sent back as the node's, and a proof by another key", async () => {
    for (const mac of ['reflected', 'a'.repeat(64)]) {
      const lines = world.stranger(`10.1.0.${mac.length}`);
      const key = newKeyPair().key.toString('hex');
      const about = '{"name":"EVE","system":"","cores":1,"devices":[]}';
      lines.node.onLine(() => undefined);
      lines.node.onEnd(() => undefined);
      lines.node.send(JSON.stringify({ type: 'hello', v: { low: 1, high: 1 }, key, about }));
      const offer = JSON.parse(lines.host.sent[0]!) as { commitment: string };
      lines.node.send(JSON.stringify({ type: 'nonce', nonce: randomBytes(32).toString('hex') }));
      world.admissions.decide(world.pending.conversation, true);
      lines.node.send(
        JSON.stringify({ type: 'agreed', mac: mac === 'reflected' ? offer.commitment : mac }),
      );
      await settled();
    }
    expect(world.refused.map(({ reason }) => reason)).toEqual(['mismatch', 'mismatch']);
    expect(world.admitted.list()).toEqual([]);
  });

  it("refuses the host's own key, keys of low order and a nonce that came before", () => {
    const nonce = randomBytes(32).toString('hex');
    const about = '{"name":"EVE","system":"","cores":1,"devices":[]}';
    const say = (address: string, key: string, more: readonly object[] = []): void => {
      const lines = world.stranger(address);
      const hello = { type: 'hello', v: { low: 1, high: 1 }, key, about };
      for (const message of [hello, ...more]) lines.node.send(JSON.stringify(message));
      lines.cut();
    };
    say('10.0.0.1', world.host.key.toString('hex'));
    say('10.0.0.2', '0'.repeat(64));
    say('10.0.0.3', newKeyPair().key.toString('hex'), [{ type: 'nonce', nonce }]);
    say('10.0.0.4', newKeyPair().key.toString('hex'), [{ type: 'nonce', nonce }]);
    expect(world.refused.map(({ reason, detail }) => [reason, detail])).toEqual([
      ['protocol', "the other side sent this machine's key"],
      ['protocol', 'expected a public key, found one of low order'],
      ['gone', 'the connection was closed'],
      ['protocol', 'a nonce came again'],
    ]);
  });

  it("refuses the joining machine's own key in an offer", () => {
    const parts = world.joiner();
    const joining = world.join(parts, '10.0.0.7', (from, line) => [
      from === 'host'
        ? line.replace(world.host.key.toString('hex'), parts.identity.key.toString('hex'))
        : line,
    ]);
    expect(joining.failure()).toMatchObject({ reason: 'protocol', own: true });
  });

  it('lets a machine in the middle pair with neither side as the other', async () => {
    const middle = newKeyPair().key.toString('hex');
    const parts = world.joiner();
    const own = parts.identity.key.toString('hex');
    const joining = world.join(parts, '10.0.0.7', (from, line) => [
      from === 'node'
        ? line.replace(own, middle)
        : line.replace(world.host.key.toString('hex'), middle),
    ]);
    expect(joining.shown()).toBeNull();
    expect(joining.failure()).toMatchObject({ reason: 'mismatch' });
    await settled();
    expect(world.admitted.list()).toEqual([]);
  });

  const kinds = ['drop', 'repeat', 'swap', 'replay', 'garble', 'oversize', 'field'] as const;

  it('admits a machine only with equal digits, and ends, whatever happens to any line', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.constantFrom<Side>('node', 'host'),
        fc.nat({ max: 3 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 127 }),
        async (kind, side, index, place, flip) => {
          world.timer.advance(70_000);
          const before = world.admitted.list().length;
          const counts = { node: 0, host: 0 };
          let held: string | null = null;
          let first: string | null = null;
          const tap: Tap = (from, line) => {
            if (from !== side) return [line];
            first ??= line;
            const released = held;
            held = null;
            if (released !== null) return [line, released];
            if (counts[from]++ !== index) return [line];
            const at = Math.floor(place * line.length);
            switch (kind) {
              case 'drop':
                return [];
              case 'repeat':
                return [line, line];
              case 'swap':
                held = line;
                return [];
              case 'replay':
                return [first, line];
              case 'garble':
                return [
                  line.slice(0, at) +
                    String.fromCharCode(line.charCodeAt(at) ^ flip) +
                    line.slice(at + 1),
                ];
              case 'oversize':
                return [line.replace('{', `{${' '.repeat(1024)}`)];
              case 'field':
                return [line.replace('{', '{"more":1,')];
            }
          };
          const joining = world.join(world.joiner(), '10.0.0.7', tap);
          const [pending] = world.waiting;
          if (pending !== undefined) world.admissions.decide(pending.conversation, true);
          joining.pairing.agree(true);
          await settled();
          world.timer.advance(2 * WAIT_MS);
          await settled();
          world.timer.advance(PEOPLE_MS);
          await settled();
          const isAdmitted = world.admitted.list().length > before;
          if (isAdmitted) expect(pending?.digits).toBe(joining.shown());
          if (joining.admission() !== null) expect(isAdmitted).toBe(true);
          expect(joining.admission() === null).toBe(joining.failure() !== null);
          expect(world.waiting).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });
});
