/** Dependencies of the host's side of admission, and one admission in progress. */
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

/** A machine that waits for the decision of a person at this host. */
export interface PendingAdmission {
  /** Id of the conversation. */
  readonly conversation: string;
  /** Name that the machine gave itself. */
  readonly name: string;
  readonly system: string;
  readonly cores: number;
  /** Models of its GPUs. */
  readonly devices: readonly string[];
  readonly address: string;
  /** The six digits, as shown: `257 970`. */
  readonly digits: string;
  /** Since when the digits are shown, wall time in milliseconds. */
  readonly since: number;
  /** Whether the person at this host said yes and that of the other machine has not yet. */
  readonly confirmed: boolean;
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
