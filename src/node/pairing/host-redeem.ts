/** The host's side of an admission by invitation: redeem, challenge, proof, admitted. */
import { randomBytes } from 'node:crypto';
import { PAIRING_PROTOCOL } from '../../protocol/pairing-messages.ts';
import type { PairingRedeem, ToHost } from '../../protocol/pairing-messages.ts';
import { hostText, readJoiner } from './about.ts';
import { MACHINE_MS, Refused } from './conversation.ts';
import type { Content, Conversation } from './conversation.ts';
import { welcome } from './host-parts.ts';
import type { HostParts } from './host-parts.ts';
import type { KeptInvitation } from './invitations.ts';
import { checkKey, invitationKey, proofOf, same } from './transcript.ts';

export class HostRedeem {
  readonly #parts: HostParts;
  readonly #conversation: Conversation<ToHost>;
  readonly #redeem: PairingRedeem;
  readonly #invitation: KeptInvitation;
  readonly #name: string;
  readonly #about: string;
  readonly #nonce = randomBytes(32);
  #proven = false;

  /** Sends the challenge. @throws Refused */
  constructor(parts: HostParts, conversation: Conversation<ToHost>, redeem: PairingRedeem) {
    this.#parts = parts;
    this.#conversation = conversation;
    this.#redeem = redeem;
    const found = parts.invitations.usable(redeem.id, redeem.key);
    if (typeof found === 'string')
      throw new Refused('refused', `invitation ${redeem.id}: ${found}`);
    this.#invitation = found;
    this.#name = readJoiner(redeem.about).name;
    checkKey(parts.identity(), Buffer.from(redeem.key, 'hex'));
    if (!parts.limits.isFresh(redeem.nonce)) throw new Refused('protocol', 'a nonce came again');
    this.#about = hostText(parts.about());
    conversation.send({
      type: 'challenge',
      v: PAIRING_PROTOCOL,
      about: this.#about,
      nonce: this.#nonce.toString('hex'),
    });
    conversation.answerWithin(MACHINE_MS);
  }

  /** @throws Refused */
  take(message: Content<ToHost>): void {
    if (message.type !== 'proof' || this.#proven)
      throw new Refused('protocol', `expected no ${message.type} at this point`);
    const parts = this.#parts;
    const identity = parts.identity();
    const nodeKey = Buffer.from(this.#redeem.key, 'hex');
    const nodeNonce = Buffer.from(this.#redeem.nonce, 'hex');
    const { id, ephemeral, secret } = this.#invitation;
    const key = invitationKey(identity, nodeKey, Buffer.from(secret, 'hex'), {
      hostKey: identity.key,
      nodeKey,
      hostAbout: this.#about,
      nodeAbout: this.#redeem.about,
      hostNonce: this.#nonce,
      nodeNonce,
    });
    if (!same(proofOf(key, 'node', this.#nonce, nodeNonce), Buffer.from(message.mac, 'hex')))
      throw new Refused('mismatch', `invitation ${id}: wrong proof`);
    this.#proven = true;
    // Written off first: a host that is killed here has lost a use, never granted one twice.
    const fault = parts.invitations.use(id, this.#redeem.key);
    if (fault !== null) throw new Refused('refused', `invitation ${id}: ${fault}`);
    const node = parts.admitted.admit({
      key: nodeKey,
      name: this.#name,
      by: 'invitation',
      invitation: id,
      hostKey: identity.key,
      ephemeral,
    });
    const mac = proofOf(key, 'host', this.#nonce, nodeNonce);
    void welcome(parts, this.#conversation, node, mac);
  }
}
