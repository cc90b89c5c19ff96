import { describe, expect, it } from 'vitest';
import { keyPairOf } from '../../../src/node/keys/key-pair.ts';
import {
  checkKey,
  commitmentOf,
  digitsOf,
  invitationId,
  invitationKey,
  pairingKey,
  proofOf,
  transcriptOf,
} from '../../../src/node/pairing/transcript.ts';

const host = keyPairOf(Buffer.alloc(32, 1));
const node = keyPairOf(Buffer.alloc(32, 2));
const exchanged = {
  hostKey: host.key,
  nodeKey: node.key,
  hostAbout: '{"name":"DESK","lab":"vision"}',
  nodeAbout: '{"name":"PIXEL"}',
  hostNonce: Buffer.alloc(32, 3),
  nodeNonce: Buffer.alloc(32, 4),
};
const hex = (bytes: Buffer): string => bytes.toString('hex').slice(0, 16);

/** Computed by an independent program. */
const VECTORS = {
  commitment: 'e7ab6d4444e85505',
  transcript: '7259de0d90f1ce09',
  digits: '264502',
  node: '292f3f39f5630120',
  host: '628e280e6e16d25f',
  invitationId: 'd9fa45dd624182af',
  invited: '625daec2bd78aee6',
};

describe('Transcript of a pairing', () => {
  it('keeps its digits, commitment, proofs and ids: machines of two releases compare them', () => {
    const transcript = transcriptOf(exchanged);
    const key = pairingKey(host, node.key, transcript);
    const secret = Buffer.alloc(16, 5);
    const invited = invitationKey(host, node.key, secret, exchanged);
    expect({
      commitment: hex(commitmentOf(host.key, node.key, exchanged.hostNonce)),
      transcript: hex(transcript),
      digits: digitsOf(transcript),
      node: hex(proofOf(key, 'node', transcript)),
      host: hex(proofOf(key, 'host', transcript)),
      invitationId: invitationId(secret),
      invited: hex(proofOf(invited, 'node', exchanged.hostNonce, exchanged.nodeNonce)),
    }).toEqual(VECTORS);
  });

  it('gives both ends the same keys', () => {
    const transcript = transcriptOf(exchanged);
    expect(pairingKey(node, host.key, transcript)).toEqual(pairingKey(host, node.key, transcript));
    const secret = Buffer.alloc(16, 5);
    expect(invitationKey(node, host.key, secret, exchanged)).toEqual(
      invitationKey(host, node.key, secret, exchanged),
    );
  });

  it('changes with every part, and with the boundary between two parts', () => {
    const all = [
      exchanged,
      { ...exchanged, hostKey: node.key },
      { ...exchanged, nodeKey: host.key },
      { ...exchanged, hostAbout: '{"name":"DESK","lab":"visiom"}' },
      { ...exchanged, nodeAbout: '{"name":"PIXEM"}' },
      { ...exchanged, hostNonce: Buffer.alloc(32, 9) },
      { ...exchanged, nodeNonce: Buffer.alloc(32, 9) },
      {
        ...exchanged,
        hostAbout: exchanged.hostAbout + exchanged.nodeAbout.slice(0, 1),
        nodeAbout: exchanged.nodeAbout.slice(1),
      },
    ].map((parts) => transcriptOf(parts).toString('hex'));
    expect(new Set(all).size).toBe(all.length);
  });

  it('shows six digits, with leading zeros', () => {
    for (let i = 0; i < 200; i += 1)
      expect(digitsOf(transcriptOf({ ...exchanged, hostNonce: Buffer.alloc(32, i) }))).toMatch(
        /^\d{6}$/,
      );
  });

  it("refuses keys of low order and this machine's own key", () => {
    const lowOrder = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ];
    for (const key of lowOrder)
      expect(() => checkKey(host, Buffer.from(key, 'hex'))).toThrow(/low order/);
    expect(() => checkKey(host, host.key)).toThrow(/this machine's key/);
    expect(() => checkKey(host, node.key)).not.toThrow();
  });
});
