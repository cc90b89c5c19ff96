/**
 * The joining machine's side of an admission by digits. Sends `agreed` only after its owner said
 * yes, and accepts `admitted` only then: with one confirmation alone, an attacker between the two
 * machines could admit himself.
 */
import { randomBytes } from 'node:crypto';
import { PAIRING_PROTOCOL, parseToJoiner } from '../../protocol/pairing-messages.ts';
import type { HostAbout, PairingOffer, ToJoiner } from '../../protocol/pairing-messages.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';
import { joinerText, readHost } from './about.ts';
import { Conversation, MACHINE_MS, Refused, checkVersion } from './conversation.ts';
import type { Content, Failure } from './conversation.ts';
import type { Admission, JoinParts } from './join-parts.ts';
import {
  checkKey,
  commitmentOf,
  digitsOf,
  pairingKey,
  proofOf,
  same,
  transcriptOf,
} from './transcript.ts';

export interface PairingEvents {
  /** The owner is to compare the digits with those at the host. */
  readonly shown: (shown: {
    readonly digits: string;
    readonly host: HostAbout;
    readonly hostKey: Buffer;
  }) => void;
  readonly admitted: (admission: Admission) => void;
  readonly failed: (failure: Failure) => void;
}

export class NodePairing {
  readonly #parts: JoinParts;
  readonly #events: PairingEvents;
  readonly #conversation: Conversation<ToJoiner>;
  readonly #about: string;
  readonly #nonce = randomBytes(32);
  #offer: {
    readonly message: PairingOffer;
    readonly key: Buffer;
    readonly host: HostAbout;
  } | null = null;
  #transcript: Buffer | null = null;
  #agreed = false;

  /** Begins at once, by `hello`. */
  constructor(connection: LineConnection, parts: JoinParts, events: PairingEvents) {
    this.#parts = parts;
    this.#events = events;
    this.#about = joinerText(parts.about);
    this.#conversation = new Conversation<ToJoiner>(connection, parts.timer, {
      parse: parseToJoiner,
      take: (message) => this.#take(message),
      failed: events.failed,
    });
    this.#conversation.send({
      type: 'hello',
      v: PAIRING_PROTOCOL,
      key: parts.identity.key.toString('hex'),
      about: this.#about,
    });
  }

  /** The decision of the owner. Ignored before the digits are shown, and the second time. */
  agree(yes: boolean): void {
    if (this.#transcript === null || this.#offer === null || this.#agreed) return;
    if (!yes) {
      this.#conversation.refuse('refused', 'refused by the owner of this machine');
      return;
    }
    this.#agreed = true;
    const key = pairingKey(this.#parts.identity, this.#offer.key, this.#transcript);
    const mac = proofOf(key, 'node', this.#transcript).toString('hex');
    this.#conversation.send({ type: 'agreed', mac });
  }

  /** Ends the conversation, at any point. */
  cancel(): void {
    this.#conversation.refuse('refused', 'cancelled by the owner of this machine');
  }

  #take(message: Content<ToJoiner>): void {
    if (message.type === 'offer' && this.#offer === null) this.#accept(message);
    else if (message.type === 'reveal' && this.#offer !== null && this.#transcript === null)
      this.#show(Buffer.from(message.nonce, 'hex'));
    else if (message.type === 'admitted' && this.#agreed)
      this.#admitted(message.node, Buffer.from(message.mac, 'hex'));
    else throw new Refused('protocol', `expected no ${message.type} at this point`);
  }

  #accept(message: PairingOffer): void {
    checkVersion(message.v);
    const key = Buffer.from(message.key, 'hex');
    checkKey(this.#parts.identity, key);
    this.#offer = { message, key, host: readHost(message.about) };
    this.#conversation.send({ type: 'nonce', nonce: this.#nonce.toString('hex') });
    this.#conversation.answerWithin(MACHINE_MS);
  }

  #show(hostNonce: Buffer): void {
    if (this.#offer === null) return;
    const { message, key, host } = this.#offer;
    const own = this.#parts.identity.key;
    if (!same(commitmentOf(key, own, hostNonce), Buffer.from(message.commitment, 'hex')))
      throw new Refused('mismatch', 'the host changed its nonce after it knew the other');
    this.#transcript = transcriptOf({
      hostKey: key,
      nodeKey: own,
      hostAbout: message.about,
      nodeAbout: this.#about,
      hostNonce,
      nodeNonce: this.#nonce,
    });
    this.#conversation.waitForPeople();
    this.#events.shown({ digits: digitsOf(this.#transcript), host, hostKey: key });
  }

  #admitted(node: string, mac: Buffer): void {
    if (this.#offer === null || this.#transcript === null) return;
    const { key: hostKey, host } = this.#offer;
    const key = pairingKey(this.#parts.identity, hostKey, this.#transcript);
    if (!same(proofOf(key, 'host', this.#transcript), mac))
      throw new Refused('mismatch', 'the host has not the key whose digits were shown');
    this.#conversation.close();
    this.#events.admitted({ hostKey, host, node });
  }
}
