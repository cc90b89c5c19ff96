import { curveKeyPair } from 'zeromq';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base32, fromBase32 } from '../../src/core/base32.ts';
import { fromZ85, z85 } from '../../src/core/z85.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

describe('Text codes: base32', () => {
  it('encodes the vectors of RFC 4648 in lower case without padding', () => {
    const vectors = ['', 'my', 'mzxq', 'mzxw6', 'mzxw6yq', 'mzxw6ytb', 'mzxw6ytboi'];
    vectors.forEach((text, length) => {
      expect(base32(ascii('foobar'.slice(0, length)))).toBe(text);
    });
  });

  it('returns every sequence of bytes from its text, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(fromBase32(base32(bytes))).toEqual(bytes);
        expect(fromBase32(base32(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it('refuses other characters, a partial group and bits beyond the last byte', () => {
    for (const text of ['m1', 'mzxw6y t', 'm', 'mzx', 'mz', '='])
      expect(fromBase32(text)).toBeNull();
  });
});

describe('Text codes: Z85', () => {
  it('encodes the vector of its specification', () => {
    const bytes = Uint8Array.from([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]);
    expect(z85(bytes)).toBe('HelloWorld');
    expect(fromZ85('HelloWorld')).toEqual(bytes);
  });

  it('returns the keys of ZeroMQ from their bytes', () => {
    const { publicKey, secretKey } = curveKeyPair();
    for (const text of [publicKey, secretKey]) {
      const bytes = fromZ85(text);
      expect(bytes).toHaveLength(32);
      expect(z85(bytes!)).toBe(text);
    }
  });

  it('refuses partial groups, other characters and values over 32 bits', () => {
    for (const text of ['Hell', 'Hell~', '#####']) expect(fromZ85(text)).toBeNull();
  });
});
