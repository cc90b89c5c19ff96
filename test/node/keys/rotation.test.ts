import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AdmittedNodes } from '../../../src/node/keys/admitted.ts';
import { readIdentity, rotateIdentity } from '../../../src/node/keys/identity.ts';
import { readJoinedHost, writeJoinedHost } from '../../../src/node/keys/joined-host.ts';
import type { JoinedHost } from '../../../src/node/keys/joined-host.ts';
import { hostIdOf } from '../../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../../src/node/keys/lan-folder.ts';
import { HostRotation, NodeRotation, pairKnown } from '../../../src/node/keys/rotation.ts';
import type { KeyMessage } from '../../../src/node/keys/rotation.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const hex = (bytes: Buffer): string => bytes.toString('hex');

/** A host and a node with a link that can lose messages; each connection checks both keys. */
class Link {
  readonly homes: readonly TemporaryFolder[] = [temporaryFolder(), temporaryFolder()];
  readonly hostFolder = new LanFolder(this.homes[0]!.path);
  readonly nodeFolder = new LanFolder(this.homes[1]!.path);
  readonly admitted = new AdmittedNodes(this.hostFolder);
  readonly node = this.admitted.admit({
    key: readIdentity(this.nodeFolder).key,
    name: 'PIXEL',
    by: 'digits',
    invitation: null,
    hostKey: readIdentity(this.hostFolder).key,
    ephemeral: false,
  });
  /** Messages that are lost, by sender and type. */
  readonly lost = new Set<string>();
  readonly host = new HostRotation({
    identity: () => readIdentity(this.hostFolder),
    admitted: this.admitted,
    send: (_, message) => this.#carry('host', message),
  });
  expected = this.node.hostKey;
  used = this.node.key;
  rotation: NodeRotation;

  constructor() {
    writeJoinedHost(this.nodeFolder, {
      id: hostIdOf(Buffer.from(this.node.hostKey, 'hex')),
      key: this.node.hostKey,
      ownKey: this.node.key,
      node: this.node.id,
      addresses: ['desk:47800'],
      name: 'DESK',
      lab: 'vision',
    });
    this.rotation = this.start();
  }

  get joined(): JoinedHost {
    return readJoinedHost(this.nodeFolder)!;
  }

  /** Starts the node's process anew. */
  start(): NodeRotation {
    this.expected = this.joined.key;
    this.used = hex(pairKnown(readIdentity(this.nodeFolder), this.joined.ownKey).key);
    return (this.rotation = new NodeRotation({
      identity: () => readIdentity(this.nodeFolder),
      host: this.joined,
      store: (host) => writeJoinedHost(this.nodeFolder, host),
      send: (message) => this.#carry('node', message),
      expect: (key) => (this.expected = key),
      use: ({ key }) => (this.used = hex(key)),
    }));
  }

  /** A new link: true if both sides accept each other's key. */
  connect(): boolean {
    const record = this.admitted.find(this.node.id)!;
    const served = hex(pairKnown(readIdentity(this.hostFolder), record.hostKey).key);
    const isAccepted = [record.key, record.formerKey?.key].includes(this.used);
    if (served !== this.expected || !isAccepted) return false;
    this.rotation.connected();
    this.host.announce(this.node.id);
    return true;
  }

  #carry(from: 'host' | 'node', message: KeyMessage): void {
    if (this.lost.has(`${from} ${message.type}`)) return;
    if (from === 'host') this.rotation.received(message);
    else this.host.received(this.node.id, message);
  }
}

let link: Link;
beforeEach(() => {
  link = new Link();
});
afterEach(() => {
  for (const home of link.homes) home.remove();
});

describe('Rotation of keys', () => {
  it('takes the new key of a host into use once the node has stored it', () => {
    const { key } = rotateIdentity(link.hostFolder);
    expect(link.connect()).toBe(true);
    expect(link.admitted.find(link.node.id)?.hostKey).toBe(hex(key));
    expect(link.joined.nextKey).toBe(hex(key));
    expect(link.connect()).toBe(true);
    expect(link.joined).toMatchObject({ key: hex(key), id: hostIdOf(key) });
    expect(link.joined).not.toHaveProperty('nextKey');
  });

  it('takes the new key of a node into use once the host has stored it', () => {
    const { key } = rotateIdentity(link.nodeFolder);
    expect(link.connect()).toBe(true);
    expect(link.admitted.find(link.node.id)).toMatchObject({
      id: link.node.id,
      key: hex(key),
      formerKey: { key: link.node.key },
    });
    expect(link.joined.ownKey).toBe(hex(key));
    expect(link.used).toBe(hex(key));
    expect(link.connect()).toBe(true);
  });

  it.each(['host rekey', 'node rekeyed', 'node rekey', 'host rekeyed'])(
    'keeps both sides connected when the message %s is lost, and then completes',
    (lost) => {
      const isHost = lost === 'host rekey' || lost === 'node rekeyed';
      const { key } = rotateIdentity(isHost ? link.hostFolder : link.nodeFolder);
      link.lost.add(lost);
      expect(link.connect()).toBe(true);
      link.lost.clear();
      link.start();
      for (let i = 0; i < 3; i += 1)
        if (!link.connect()) {
          link.rotation.tryOther();
          expect(link.connect()).toBe(true);
        }
      if (isHost) expect(link.joined.key).toBe(hex(key));
      else expect(link.joined.ownKey).toBe(hex(key));
    },
  );

  it('connects a node that was off during two rotations of its host and one of its own', () => {
    rotateIdentity(link.hostFolder);
    const { key } = rotateIdentity(link.hostFolder);
    const own = rotateIdentity(link.nodeFolder);
    link.start();
    expect(link.connect()).toBe(true);
    expect(link.connect()).toBe(true);
    expect([link.joined.key, link.joined.ownKey]).toEqual([hex(key), hex(own.key)]);
  });

  it('ignores the messages of a node that was removed, and confirmations of other keys', () => {
    const { key } = rotateIdentity(link.hostFolder);
    link.host.received(link.node.id, { type: 'rekeyed', key: 'a'.repeat(64) });
    expect(link.admitted.find(link.node.id)?.hostKey).toBe(link.node.hostKey);
    link.admitted.remove(link.node.id);
    link.host.received(link.node.id, { type: 'rekeyed', key: hex(key) });
    link.host.received(link.node.id, { type: 'rekey', key: hex(key) });
    link.host.announce(link.node.id);
    expect(link.admitted.list()).toEqual([]);
  });
});
