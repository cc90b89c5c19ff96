/** The joining side of an admission by invitation. The invitation names the host's key. */
import { randomBytes } from 'node:crypto';
import type { Invitation } from '../../protocol/invitation.ts';
import { PAIRING_PROTOCOL, parseToJoiner } from '../../protocol/pairing-messages.ts';
import type { HostAbout, ToJoiner } from '../../protocol/pairing-messages.ts';
import type { LineConnection } from '../../transport/door/line-connection.ts';
import { joinerText, readHost } from './about.ts';
import { Conversation, MACHINE_MS, Refused, checkVersion } from './conversation.ts';
import type { Content, Failure } from './conversation.ts';
import type { Admission, JoinParts } from './join-parts.ts';
import { checkKey, invitationId, invitationKey, proofOf, same } from './transcript.ts';

/** @returns the admission, or why there is none */
export function redeem(
  connection: LineConnection,
  { identity, about, timer }: JoinParts,
  invitation: Pick<Invitation, 'hostKey' | 'secret'>,
): Promise<Admission | Failure> {
  const hostKey = Buffer.from(invitation.hostKey);
  const nodeNonce = randomBytes(32);
  const nodeAbout = joinerText(about);
  let challenged: { key: Buffer; hostNonce: Buffer; host: HostAbout } | null = null;
  return new Promise((resolve) => {
    const conversation = new Conversation<ToJoiner>(connection, timer, {
      parse: parseToJoiner,
      take,
      failed: resolve,
    });
    try {
      checkKey(identity, hostKey);
    } catch (error) {
      conversation.refuseFor(error);
      return;
    }
    conversation.send({
      type: 'redeem',
      v: PAIRING_PROTOCOL,
      key: identity.key.toString('hex'),
      about: nodeAbout,
      id: invitationId(invitation.secret),
      nonce: nodeNonce.toString('hex'),
    });

    function take(message: Content<ToJoiner>): void {
      if (message.type === 'challenge' && challenged === null) {
        checkVersion(message.v);
        const hostNonce = Buffer.from(message.nonce, 'hex');
        const key = invitationKey(identity, hostKey, invitation.secret, {
          hostKey,
          nodeKey: identity.key,
          hostAbout: message.about,
          nodeAbout,
          hostNonce,
          nodeNonce,
        });
        challenged = { key, hostNonce, host: readHost(message.about) };
        const mac = proofOf(key, 'node', hostNonce, nodeNonce).toString('hex');
        conversation.send({ type: 'proof', mac });
        conversation.answerWithin(MACHINE_MS);
      } else if (message.type === 'admitted' && challenged !== null) {
        const { key, hostNonce, host } = challenged;
        const expected = proofOf(key, 'host', hostNonce, nodeNonce);
        if (!same(expected, Buffer.from(message.mac, 'hex')))
          throw new Refused('mismatch', 'the host has not the key that the invitation names');
        conversation.close();
        resolve({ hostKey, host, node: message.node });
      } else throw new Refused('protocol', `expected no ${message.type} at this point`);
    }
  });
}
