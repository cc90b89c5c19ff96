import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base32, fromBase32 } from '../../src/core/base32.ts';
import { readInvitation, writeInvitation } from '../../src/protocol/invitation.ts';
import type { Invitation } from '../../src/protocol/invitation.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const counted = (from: number, count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => from + i);

const EXAMPLE: Invitation = {
  hostKey: counted(0, 32),
  secret: counted(100, 16),
  port: 47_800,
  addresses: ['192.168.1.20', 'fe80:0:0:0:0:0:0:1', 'desk.local'],
  ephemeral: true,
};
const TEXT =
  'galapagos-join:aeaqaaicamcakbqhbaequcymbuha6earcijrifiwc4mbsgq3dqor4h3emvtgo2djnjvwy3lon5yhc4t' +
  'txk4ajqfiaekan7uaaaaaaaaaaaaaaaaaaaaaaaibbjsgk43lfzwg6y3bnq3bngak';

describe('Invitations: text', () => {
  it('keeps its format', () => {
    expect(writeInvitation(EXAMPLE, sha256)).toBe(TEXT);
  });

  it('returns every invitation from its text', () => {
    const address = fc.oneof(fc.ipV4(), fc.domain({ size: 'small' }));
    fc.assert(
      fc.property(
        fc.record({
          hostKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          secret: fc.uint8Array({ minLength: 16, maxLength: 16 }),
          port: fc.integer({ min: 1, max: 65_535 }),
          addresses: fc.array(address, { maxLength: 4 }),
          ephemeral: fc.boolean(),
        }),
        (invitation) => {
          expect(readInvitation(writeInvitation(invitation, sha256), sha256)).toEqual(invitation);
        },
      ),
    );
  });

  it('reads abbreviated IPv6 addresses as the same address', () => {
    const [address] = readInvitation(
      writeInvitation({ ...EXAMPLE, addresses: ['2001:db8::1:0:0:1'] }, sha256),
      sha256,
    ).addresses;
    expect(address).toBe('2001:db8:0:0:1:0:0:1');
  });

  it('reads a text that was wrapped, indented or written in upper case', () => {
    const wrapped = `  ${TEXT.slice(0, 40).toUpperCase()}\r\n  ${TEXT.slice(40)}\n`;
    expect(readInvitation(wrapped, sha256)).toEqual(EXAMPLE);
  });

  it('refuses a text with any character changed, removed or added', () => {
    for (let at = 'galapagos-join:'.length; at < TEXT.length; at += 1) {
      const other = TEXT[at] === 'b' ? 'c' : 'b';
      for (const text of [
        TEXT.slice(0, at) + other + TEXT.slice(at + 1),
        TEXT.slice(0, at) + TEXT.slice(at + 1),
        TEXT.slice(0, at) + other + TEXT.slice(at),
      ])
        expect(() => readInvitation(text, sha256)).toThrow(/expected a whole invitation/);
    }
  });

  it('says what to do for other texts, and for another version', () => {
    expect(() => readInvitation('http://desk:47800', sha256)).toThrow(
      /expected a text that begins with galapagos-join:.*copy the whole line/,
    );
    const bytes = fromBase32(TEXT.slice('galapagos-join:'.length))!.slice(0, -4);
    bytes[0] = 2;
    const newer = `galapagos-join:${base32(Uint8Array.from([...bytes, ...sha256(bytes).slice(0, 4)]))}`;
    expect(() => readInvitation(newer, sha256)).toThrow(/version: expected 1, found 2; install/);
  });

  it('refuses addresses that are neither IP addresses nor host names', () => {
    for (const address of ['', 'desk:47800', 'fe80::1%eth0', 'de sk', '1::2::3'])
      expect(() => writeInvitation({ ...EXAMPLE, addresses: [address] }, sha256)).toThrow(
        /addresses: expected IP addresses or host names/,
      );
  });
});
