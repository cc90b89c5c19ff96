import { describe, expect, it } from 'vitest';
import {
  Arrivals,
  Quota,
  addressGroup,
  doorLimits,
  plainAddress,
} from '../../../src/transport/door/limits.ts';

describe('Door: limits by address', () => {
  it('refuses an address that has all its places, and serves other addresses', () => {
    const quota = new Quota(2, 10);
    for (let i = 0; i < 2; i++) expect(quota.take('10.0.0.1')).toBeTypeOf('function');
    expect(quota.take('10.0.0.1')).toBe('tooMany');
    expect(quota.take('10.0.0.2')).toBeTypeOf('function');
  });

  it('refuses every address once all places are taken', () => {
    const quota = new Quota(2, 3);
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.2']) quota.take(address);
    expect(quota.take('10.0.0.3')).toBe('full');
  });

  it('frees a place once, however often it is given back', () => {
    const quota = new Quota(2, 10);
    const [first] = [quota.take('10.0.0.1'), quota.take('10.0.0.1')];
    if (typeof first !== 'function') throw new Error('expected a place');
    first();
    first();
    expect(quota.count).toBe(1);
    expect(quota.take('10.0.0.1')).toBeTypeOf('function');
    expect(quota.take('10.0.0.1')).toBe('tooMany');
  });

  it('gives each address a number of arrivals at once, and others with time', () => {
    let now = 0;
    const arrivals = new Arrivals(
      { ...doorLimits, arrivalsAtOnce: 2, arrivalsASecond: 4 },
      () => now,
    );
    const entered = (address: string): number =>
      Array.from({ length: 9 }, () => arrivals.mayEnter(address)).filter(Boolean).length;
    expect(entered('10.0.0.1')).toBe(2);
    expect(entered('10.0.0.2')).toBe(2);
    now = 250;
    expect(entered('10.0.0.1')).toBe(1);
    now = 60_000;
    expect(entered('10.0.0.1')).toBe(2);
  });

  it('counts the IPv6 addresses of one /64 as one address', () => {
    expect(addressGroup('2001:db8:0:7::1')).toBe(addressGroup('2001:db8:0:7:ffff:1:2:3'));
    expect(addressGroup('2001:db8::7:0:0:0:1')).toBe(addressGroup('2001:0db8:0:7::2'));
    expect(addressGroup('2001:db8:0:7::1')).not.toBe(addressGroup('2001:db8:0:8::1'));
    expect(addressGroup('fe80::1%eth0')).toBe(addressGroup('fe80::2%eth1'));
  });

  it('names an IPv4 address alike, whichever family its connection has', () => {
    expect(plainAddress('::ffff:10.0.0.7')).toBe('10.0.0.7');
    expect(addressGroup('::ffff:10.0.0.7')).toBe(addressGroup('10.0.0.7'));
    expect(addressGroup('::1')).toBe('0:0:0:0');
  });
});
