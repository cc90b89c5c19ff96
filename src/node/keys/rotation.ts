/**
 * Rotation of keys over a link: each side announces its new key, and the other side stores it
 * before it is used. A lost message does no harm, because the former key counts until the other
 * side has confirmed the new one, and every new link announces it again.
 */
import type { AdmittedNodes } from './admitted.ts';
import { FORMER_KEY_MS } from './identity.ts';
import type { Identity } from './identity.ts';
import type { JoinedHost } from './joined-host.ts';
import { hostIdOf } from './key-pair.ts';
import type { KeyPair } from './key-pair.ts';

/** Either side's announcement of its new key, and the other side's confirmation. */
export interface KeyMessage {
  readonly type: 'rekey' | 'rekeyed';
  /** Public key, hex. */
  readonly key: string;
}

/**
 * Returns the pair that the other side knows, the present one or a former one; the present one if
 * it knows none that still counts.
 */
export function pairKnown(identity: Identity, known: string | undefined): KeyPair {
  const pairs = [identity, ...identity.former];
  return pairs.find(({ key }) => key.toString('hex') === known) ?? identity;
}

export interface HostRotationParts {
  readonly identity: () => Identity;
  readonly admitted: AdmittedNodes;
  readonly send: (node: string, message: KeyMessage) => void;
  /** Wall time, in milliseconds. */
  readonly now?: () => number;
}

/** The host's side. Sockets of a node use the pair that `nodes.json` says it knows. */
export class HostRotation {
  readonly #parts: HostRotationParts;

  constructor(parts: HostRotationParts) {
    this.#parts = parts;
  }

  /** Announces this host's key to a node that is connected and knows another one. */
  announce(node: string): void {
    const key = this.#parts.identity().key.toString('hex');
    const known = this.#parts.admitted.find(node);
    if (known !== undefined && known.hostKey !== key)
      this.#parts.send(node, { type: 'rekey', key });
  }

  received(node: string, { type, key }: KeyMessage): void {
    const { admitted, identity, send, now = Date.now } = this.#parts;
    if (admitted.find(node) === undefined) return;
    if (type === 'rekey') {
      admitted.rekey(node, Buffer.from(key, 'hex'), now() + FORMER_KEY_MS);
      send(node, { type: 'rekeyed', key });
    } else if (key === identity().key.toString('hex'))
      admitted.knowsHost(node, Buffer.from(key, 'hex'));
  }
}

export interface NodeRotationParts {
  readonly identity: () => Identity;
  readonly host: JoinedHost;
  /** Stores what is known of the host; durable when it returns. */
  readonly store: (host: JoinedHost) => void;
  readonly send: (message: KeyMessage) => void;
  /** The next connection expects this key of the host. */
  readonly expect: (hostKey: string) => void;
  /** The next connection uses this pair of the node. */
  readonly use: (pair: KeyPair) => void;
}

/** The node's side. */
export class NodeRotation {
  readonly #parts: NodeRotationParts;
  #host: JoinedHost;
  /** Key of the host that the next connection expects. */
  #expected: string;

  constructor(parts: NodeRotationParts) {
    this.#parts = parts;
    this.#host = parts.host;
    this.#expected = parts.host.key;
  }

  /** A link is up: the expected key is the host's. Announces this node's key if it is new. */
  connected(): void {
    if (this.#expected !== this.#host.key) {
      const host = { ...this.#host };
      delete host.nextKey;
      const id = hostIdOf(Buffer.from(this.#expected, 'hex'));
      this.#store({ ...host, id, key: this.#expected });
    }
    this.announce();
  }

  /** Announces this node's key if the host knows another one. */
  announce(): void {
    const key = this.#parts.identity().key.toString('hex');
    if (this.#host.ownKey !== undefined && this.#host.ownKey !== key)
      this.#parts.send({ type: 'rekey', key });
  }

  /** No link for a while: tries the other key of the host, if there are two. */
  tryOther(): void {
    const { key, nextKey } = this.#host;
    if (nextKey !== undefined) this.#expect(this.#expected === key ? nextKey : key);
  }

  received({ type, key }: KeyMessage): void {
    if (type === 'rekey') {
      if (key !== this.#host.key) this.#store({ ...this.#host, nextKey: key });
      this.#parts.send({ type: 'rekeyed', key });
      this.#expect(key);
      return;
    }
    const pair = this.#parts.identity();
    if (key !== pair.key.toString('hex')) return;
    this.#store({ ...this.#host, ownKey: key });
    this.#parts.use(pair);
  }

  #expect(key: string): void {
    this.#expected = key;
    this.#parts.expect(key);
  }

  #store(host: JoinedHost): void {
    this.#host = host;
    this.#parts.store(host);
  }
}
