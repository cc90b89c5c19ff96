/**
 * The host's side of an admission by digits: hello, offer, nonce, reveal, then the decisions of two
 * people, agreed, admitted. The host commits to its nonce before it knows the node's and reveals it
 * last, so neither side can choose the digits.
 */
import { randomBytes } from 'node:crypto';
import { PAIRING_PROTOCOL } from '../../protocol/pairing-messages.ts';
import type { JoinerAbout, PairingHello, ToHost } from '../../protocol/pairing-messages.ts';
import type { KeyPair } from '../keys/key-pair.ts';
import { hostText, readJoiner } from './about.ts';
import { MACHINE_MS, Refused } from './conversation.ts';
import type { Content, Conversation } from './conversation.ts';
import { welcome } from './host-parts.ts';
import type { HostParts } from './host-parts.ts';
import {
  checkKey,
  commitmentOf,
  digitsOf,
  pairingKey,
  proofOf,
  same,
  transcriptOf,
} from './transcript.ts';

export class HostPairing {
  readonly about: JoinerAbout;
  readonly #parts: HostParts;
  readonly #conversation: Conversation<ToHost>;
  readonly #hello: PairingHello;
  /** Kept, because the key may be rotated while people decide. */
  readonly #identity: KeyPair;
  readonly #nodeKey: Buffer;
  readonly #hostAbout: string;
  readonly #nonce = randomBytes(32);
  readonly #mayShow: () => boolean;
  #transcript: Buffer | null = null;
  #agreed = false;
  #confirmed = false;

  /**
   * Sends the offer.
   * @param mayShow whether no other conversation shows digits
   * @throws Refused
   */
  constructor(
    parts: HostParts,
    conversation: Conversation<ToHost>,
    hello: PairingHello,
    mayShow: () => boolean,
  ) {
    this.#parts = parts;
    this.#conversation = conversation;
    this.#hello = hello;
    this.#mayShow = mayShow;
    this.about = readJoiner(hello.about);
    this.#identity = parts.identity();
    this.#nodeKey = Buffer.from(hello.key, 'hex');
    checkKey(this.#identity, this.#nodeKey);
    this.#hostAbout = hostText(parts.about());
    conversation.send({
      type: 'offer',
      v: PAIRING_PROTOCOL,
      key: this.#identity.key.toString('hex'),
      about: this.#hostAbout,
      commitment: commitmentOf(this.#identity.key, this.#nodeKey, this.#nonce).toString('hex'),
    });
    conversation.answerWithin(MACHINE_MS);
  }

  /** The digits, once both nonces are known; null: not yet. */
  get digits(): string | null {
    return this.#transcript === null ? null : digitsOf(this.#transcript);
  }

  /** True if the person at this host said yes. */
  get confirmed(): boolean {
    return this.#confirmed;
  }

  /** @throws Refused */
  take(message: Content<ToHost>): void {
    if (message.type === 'nonce' && this.#transcript === null) this.#show(message.nonce);
    else if (message.type === 'agreed' && this.#transcript !== null && !this.#agreed) {
      const proof = proofOf(this.#key(this.#transcript), 'node', this.#transcript);
      if (!same(proof, Buffer.from(message.mac, 'hex')))
        throw new Refused('mismatch', 'the other side has not the key whose digits were shown');
      this.#agreed = true;
      this.#admitIfBoth();
    } else throw new Refused('protocol', `expected no ${message.type} at this point`);
  }

  /** The decision of the person here. Ignored before the digits are shown, and after a yes. */
  decide(yes: boolean): void {
    if (this.#transcript === null || this.#conversation.over || this.#confirmed) return;
    if (!yes) {
      this.#conversation.refuse('refused', 'refused by the user of this host');
      return;
    }
    this.#confirmed = true;
    try {
      this.#admitIfBoth();
    } catch (error) {
      this.#conversation.refuseFor(error);
    }
  }

  #show(nonce: string): void {
    if (!this.#parts.limits.isFresh(nonce)) throw new Refused('protocol', 'a nonce came again');
    if (!this.#mayShow()) throw new Refused('busy', 'another machine is being paired');
    this.#transcript = transcriptOf({
      hostKey: this.#identity.key,
      nodeKey: this.#nodeKey,
      hostAbout: this.#hostAbout,
      nodeAbout: this.#hello.about,
      hostNonce: this.#nonce,
      nodeNonce: Buffer.from(nonce, 'hex'),
    });
    this.#conversation.send({ type: 'reveal', nonce: this.#nonce.toString('hex') });
    this.#conversation.waitForPeople();
  }

  #key(transcript: Buffer): Buffer {
    return pairingKey(this.#identity, this.#nodeKey, transcript);
  }

  #admitIfBoth(): void {
    if (!this.#agreed || !this.#confirmed || this.#transcript === null) return;
    const node = this.#parts.admitted.admit({
      key: this.#nodeKey,
      name: this.about.name,
      by: 'digits',
      invitation: null,
      hostKey: this.#identity.key,
      ephemeral: false,
    });
    const mac = proofOf(this.#key(this.#transcript), 'host', this.#transcript);
    void welcome(this.#parts, this.#conversation, node, mac);
  }
}
