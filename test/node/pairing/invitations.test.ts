import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PairingWorld } from '../../support/pairing-world.ts';
import { newKeyPair } from '../../../src/node/keys/key-pair.ts';
import { AdmittedNodes } from '../../../src/node/keys/admitted.ts';
import { Invitations } from '../../../src/node/pairing/invitations.ts';

const HOUR = 3_600_000;
const one = { uses: 1, ms: HOUR, ephemeral: false };

let world: PairingWorld;
beforeEach(() => {
  world = new PairingWorld();
});
afterEach(() => {
  world.remove();
});

describe('Invitations: redeeming', () => {
  it('admits a machine and tells it the host, its lab and its id', async () => {
    const { secret } = world.invitations.issue(one);
    const parts = world.joiner('PIXEL');
    const admission = await world.redeem(secret, { parts });
    expect(admission).toEqual({
      hostKey: world.host.key,
      host: { name: 'DESK', lab: 'vision' },
      node: world.opened[0]?.id,
    });
    expect(world.admitted.list()).toMatchObject([
      {
        id: world.opened[0]?.id,
        key: parts.identity.key.toString('hex'),
        name: 'PIXEL',
        by: 'invitation',
        hostKey: world.host.key.toString('hex'),
        ephemeral: false,
      },
    ]);
    expect(world.refused).toEqual([]);
  });

  it('writes a use off and stores the node before the node is told', async () => {
    const { secret, id } = world.invitations.issue(one);
    let seen: unknown = null;
    await world.redeem(secret, {
      tap: (_, line) => {
        if (line.includes('"admitted"'))
          seen = {
            uses: new Invitations(world.folder).list().find((kept) => kept.id === id)?.usedBy,
            nodes: new AdmittedNodes(world.folder).list().length,
            opened: world.opened.length,
          };
        return [line];
      },
    });
    expect(seen).toMatchObject({ uses: [expect.any(String)], nodes: 1, opened: 1 });
  });

  it('refuses a second machine, an expired, a revoked and an unknown invitation alike', async () => {
    const used = world.invitations.issue(one);
    await world.redeem(used.secret);
    const revoked = world.invitations.issue(one);
    world.invitations.revoke(revoked.id);
    const expired = world.invitations.issue(one);
    world.timer.advance(HOUR);
    const unknown = randomBytes(16).toString('hex');
    const secrets = [used.secret, revoked.secret, expired.secret, unknown];
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'];
    const ends = [];
    for (const [i, secret] of secrets.entries())
      ends.push(await world.redeem(secret, { address: addresses[i]! }));
    const told = { reason: 'refused', own: false, detail: 'the other side ended the conversation' };
    expect(ends).toEqual([told, told, told, told]);
    expect(world.refused.map(({ detail }) => detail.split(': ')[1])).toEqual([
      'expired',
      'revoked',
      'expired',
      'unknown',
    ]);
    expect(world.admitted.list()).toHaveLength(1);
  });

  it('distinguishes a used invitation from an expired one in the log', async () => {
    const { secret, id } = world.invitations.issue(one);
    await world.redeem(secret);
    await world.redeem(secret);
    expect(world.refused).toEqual([
      { address: '10.0.0.7', reason: 'refused', detail: `invitation ${id}: used` },
    ]);
  });

  it('admits the same machine again within the time without a further use', async () => {
    const { secret } = world.invitations.issue(one);
    const parts = world.joiner();
    const first = await world.redeem(secret, { parts });
    expect(await world.redeem(secret, { parts })).toEqual(first);
    expect(world.admitted.list()).toHaveLength(1);
    world.timer.advance(HOUR);
    expect(await world.redeem(secret, { parts })).toMatchObject({ reason: 'refused' });
  });

  it('admits as many machines as it has uses, and gives equal names a number', async () => {
    const { secret, id } = world.invitations.issue({ ...one, uses: 3 });
    for (let i = 0; i < 4; i += 1) await world.redeem(secret);
    expect(world.admitted.list().map(({ name }) => name)).toEqual(['PIXEL', 'PIXEL-2', 'PIXEL-3']);
    expect(world.refused).toMatchObject([{ detail: `invitation ${id}: used` }]);
  });

  it('admits one machine if two redeem the last use at the same time', async () => {
    const { secret } = world.invitations.issue(one);
    const others: Promise<unknown>[] = [];
    const first = await world.redeem(secret, {
      tap: (_, line) => {
        if (line.includes('"proof"')) others.push(world.redeem(secret, { address: '10.0.0.9' }));
        return [line];
      },
    });
    expect(first).toMatchObject({ reason: 'refused' });
    expect(await Promise.all(others)).toMatchObject([{ node: world.opened[0]?.id }]);
    expect(world.admitted.list()).toHaveLength(1);
  });

  it('ends when the host has another key than the invitation names', async () => {
    const { secret } = world.invitations.issue(one);
    const end = await world.redeem(secret, { hostKey: newKeyPair().key });
    expect(end).toMatchObject({ reason: 'mismatch' });
    expect(world.refused).toMatchObject([{ reason: 'mismatch' }]);
    expect(world.admitted.list()).toEqual([]);
  });

  it('leaves the host unharmed and the use unspent when any line is changed on the way', async () => {
    const { secret } = world.invitations.issue({ ...one, uses: 1000 });
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 3 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 127 }),
        async (index, place, flip) => {
          world.timer.advance(70_000);
          let count = 0;
          const before = world.admitted.list().length;
          const end = await Promise.race([
            world.redeem(secret, {
              tap: (_, line) => {
                if (count++ !== index) return [line];
                const at = Math.floor(place * line.length);
                const other = String.fromCharCode(line.charCodeAt(at) ^ flip);
                return [line.slice(0, at) + other + line.slice(at + 1)];
              },
            }),
            Promise.resolve().then(() => world.timer.advance(20_000)),
          ]);
          // A changed `admitted` is one that the host had sent already.
          const sent = world.admitted.list().length - before;
          if (index < 3) expect(sent).toBe(0);
          if (typeof end === 'object') expect('node' in end).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('refuses a redemption that is replayed, whole or in part', async () => {
    const { secret } = world.invitations.issue({ ...one, uses: 10 });
    const sent: string[] = [];
    await world.redeem(secret, {
      tap: (from, line) => {
        if (from === 'node') sent.push(line);
        return [line];
      },
    });
    const replay = world.stranger('10.0.0.66');
    for (const line of sent) replay.node.send(line);
    expect(world.refused).toMatchObject([{ reason: 'protocol', detail: 'a nonce came again' }]);
    const again = JSON.parse(sent[0]!) as Record<string, unknown>;
    const fresh = world.stranger('10.0.0.66');
    fresh.node.send(JSON.stringify({ ...again, nonce: randomBytes(32).toString('hex') }));
    fresh.node.send(sent[1]!);
    expect(world.refused[1]).toMatchObject({ reason: 'mismatch' });
    expect(world.admitted.list()).toHaveLength(1);
  });
});
