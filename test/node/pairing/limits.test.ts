import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MACHINE_MS } from '../../../src/node/pairing/conversation.ts';
import { MOST_SILENT, PairingLimits } from '../../../src/node/pairing/limits.ts';
import { PairingWorld } from '../../support/pairing-world.ts';

let world: PairingWorld;
beforeEach(() => {
  world = new PairingWorld();
});
afterEach(() => {
  world.remove();
});

describe('Limits of pairing: conversations', () => {
  it('shows the digits of one conversation; another machine is told that the host is busy', () => {
    const first = world.join(world.joiner(), '10.0.0.1');
    const second = world.join(world.joiner(), '10.0.0.2');
    expect(second.failure()).toMatchObject({ reason: 'busy', own: false });
    expect(world.pending.address).toBe('10.0.0.1');
    first.pairing.cancel();
    expect(world.join(world.joiner(), '10.0.0.2').shown()).not.toBeNull();
  });

  it('keeps four conversations open, and one of an address', () => {
    const slow = (address: string): void => {
      const { node } = world.stranger(address);
      node.send(
        JSON.stringify({
          type: 'hello',
          v: { low: 1, high: 1 },
          key: world.joiner().identity.key.toString('hex'),
          about: '{"name":"SLOW","system":"","cores":1,"devices":[]}',
        }),
      );
    };
    slow('10.0.0.1');
    slow('10.0.0.1');
    expect(world.refused).toMatchObject([{ address: '10.0.0.1', reason: 'busy' }]);
    for (const address of ['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']) slow(address);
    expect(world.refused.slice(1)).toMatchObject([{ address: '10.0.0.5', reason: 'busy' }]);
    world.timer.advance(MACHINE_MS);
    expect(world.join(world.joiner(), '10.0.0.5').shown()).not.toBeNull();
  });

  it('redeems invitations while four conversations are open', async () => {
    world.join(world.joiner(), '10.0.0.7');
    const { secret } = world.invitations.issue({ uses: 1, ms: 3_600_000, ephemeral: false });
    expect(await world.redeem(secret)).toHaveProperty('node');
  });

  it('ends a connection that says nothing, without a line in the log', () => {
    const lines = world.stranger();
    world.timer.advance(MACHINE_MS - 1);
    expect(lines.host.ended).toBe(false);
    world.timer.advance(1);
    expect(lines.host.ended).toBe(true);
    expect(lines.host.sent.map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'no', reason: 'timeout' },
    ]);
  });

  it('limits the number of connections that say nothing', () => {
    for (let i = 0; i < MOST_SILENT; i += 1) world.stranger(`10.0.${i}.1`);
    expect(world.refused).toEqual([]);
    world.stranger('10.1.0.1');
    expect(world.refused).toMatchObject([{ address: '10.1.0.1', reason: 'busy' }]);
  });

  it('tells a machine of another version the range of this one', () => {
    const { host, node } = world.stranger();
    node.send(
      JSON.stringify({
        type: 'hello',
        v: { low: 2, high: 3 },
        key: world.joiner().identity.key.toString('hex'),
        about: '{}',
      }),
    );
    expect(host.sent.map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'no', reason: 'version', v: { low: 1, high: 1 } },
    ]);
    expect(world.refused).toMatchObject([
      { reason: 'version', detail: expect.stringContaining('2 to 3, this one 1 to 1') as string },
    ]);
  });
});

describe('Limits of pairing: failures', () => {
  const fail = (address: string): void => world.join(world.joiner(), address).pairing.cancel();

  it('shuts an address out for a minute after five failures within a minute', () => {
    for (let i = 0; i < 5; i += 1) fail('10.0.0.7');
    expect(world.join().failure()).toMatchObject({ reason: 'busy' });
    expect(world.refused.at(-1)?.detail).toBe('this address failed too often');
    world.timer.advance(59_999);
    expect(world.join().failure()).toMatchObject({ reason: 'busy' });
    world.timer.advance(1);
    expect(world.join().shown()).not.toBeNull();
  });

  it('leaves other addresses open', () => {
    for (let i = 0; i < 5; i += 1) fail('10.0.0.7');
    expect(world.join(world.joiner(), '10.0.0.8').shown()).not.toBeNull();
  });

  it('leaves an address open that fails rarely', () => {
    for (let i = 0; i < 4; i += 1) fail('10.0.0.7');
    world.timer.advance(60_000);
    fail('10.0.0.7');
    expect(world.join().shown()).not.toBeNull();
  });

  it('counts the addresses of one IPv6 network together', () => {
    for (let i = 0; i < 5; i += 1) fail(`2001:db8::${i}`);
    expect(world.join(world.joiner(), '2001:db8:0:0:9::1').failure()).toMatchObject({
      reason: 'busy',
    });
    expect(world.join(world.joiner(), '2001:db8:0:1::1').shown()).not.toBeNull();
  });

  it('redeems a known invitation from an address that is shut out, but no unknown one', async () => {
    for (let i = 0; i < 5; i += 1) fail('10.0.0.7');
    const { secret } = world.invitations.issue({ uses: 1, ms: 3_600_000, ephemeral: false });
    expect(await world.redeem('00'.repeat(16))).toMatchObject({ reason: 'busy' });
    expect(await world.redeem(secret)).toHaveProperty('node');
  });

  it('reports one line for each refusal', async () => {
    await world.redeem('00'.repeat(16), { address: '10.0.0.1' });
    const { node } = world.stranger('10.0.0.2');
    node.send('not JSON');
    node.send('not JSON either');
    fail('10.0.0.3');
    expect(world.refused.map(({ address }) => address)).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '10.0.0.3',
    ]);
  });
});

describe('Limits of pairing: nonces', () => {
  it('remembers a nonce for an hour, and a bounded number of them', () => {
    let now = 0;
    const limits = new PairingLimits(() => now);
    expect(limits.isFresh('a')).toBe(true);
    now = 3_599_999;
    expect(limits.isFresh('a')).toBe(false);
    now = 3_600_000;
    expect(limits.isFresh('a')).toBe(true);
    for (let i = 0; i < 10_000; i += 1) limits.isFresh(String(i));
    expect(limits.isFresh('a')).toBe(true);
    expect(limits.isFresh('9999')).toBe(false);
  });
});
