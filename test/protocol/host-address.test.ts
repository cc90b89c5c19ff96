import { describe, expect, it } from 'vitest';
import { hostAddressText, parseHostAddress } from '../../src/protocol/host-address.ts';

describe('Addresses of hosts', () => {
  it.each([
    ['desk', { host: 'desk', port: 47_800 }],
    [' desk.local:7000 ', { host: 'desk.local', port: 7000 }],
    ['10.0.0.7', { host: '10.0.0.7', port: 47_800 }],
    ['10.0.0.7:1', { host: '10.0.0.7', port: 1 }],
    ['fe80::1%eth0', { host: 'fe80::1%eth0', port: 47_800 }],
    ['2001:db8::7', { host: '2001:db8::7', port: 47_800 }],
    ['[2001:db8::7]', { host: '2001:db8::7', port: 47_800 }],
    ['[fe80::1%eth0]:7000', { host: 'fe80::1%eth0', port: 7000 }],
  ])('parses %s, and its text again', (text, address) => {
    expect(parseHostAddress(text)).toEqual(address);
    expect(parseHostAddress(hostAddressText(address))).toEqual(address);
  });

  it.each([
    '',
    ':',
    'desk:',
    'desk:x',
    'desk:0',
    'desk:65536',
    'a b',
    '[::1',
    'http://desk',
    ']:1',
  ])('refuses %j with what was expected', (text) => {
    expect(() => parseHostAddress(text)).toThrow(/expected a host like desk, .* found /);
  });
});
