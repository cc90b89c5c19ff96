/** Dependencies of the host's side of admission, and one admission in progress. */
import type { HostAbout } from '../../protocol/pairing-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { AdmittedNode, AdmittedNodes } from '../keys/admitted.ts';
import type { KeyPair } from '../keys/key-pair.ts';
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
  /** Called once a node is stored and before it is told: opens its channels. May be repeated. */
  readonly open: (node: AdmittedNode) => void;
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
