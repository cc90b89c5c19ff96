/** Dependencies of the host's side of admission, and its end. */
import type { HostAbout, ToHost } from '../../protocol/pairing-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { AdmittedNode, AdmittedNodes } from '../keys/admitted.ts';
import type { KeyPair } from '../keys/key-pair.ts';
import type { Conversation } from './conversation.ts';
import type { Invitations } from './invitations.ts';
import type { PairingLimits } from './limits.ts';

export interface HostParts {
  /** This host's present key pair. */
  readonly identity: () => KeyPair;
  readonly about: () => HostAbout;
  readonly admitted: AdmittedNodes;
  readonly invitations: Invitations;
  readonly limits: PairingLimits;
  readonly timer: Timer;
  /**
   * Opens the channels of a node that was stored; the node is told after it resolves. May be
   * repeated for the same node.
   */
  readonly open: (node: AdmittedNode) => Promise<void>;
}

/** Tells an admitted machine, once its channels are open. */
export async function welcome(
  { open }: HostParts,
  conversation: Conversation<ToHost>,
  node: AdmittedNode,
  mac: Buffer,
): Promise<void> {
  try {
    await open(node);
  } catch (error) {
    conversation.refuseFor(error);
    return;
  }
  conversation.close({ type: 'admitted', mac: mac.toString('hex'), node: node.id });
}
