/** Dependencies of the joining machine's side of admission, and its result. */
import type { HostAbout, JoinerAbout } from '../../protocol/pairing-messages.ts';
import type { Timer } from '../../runtime/timer.ts';
import type { KeyPair } from '../keys/key-pair.ts';

export interface JoinParts {
  readonly identity: KeyPair;
  readonly about: JoinerAbout;
  readonly timer: Timer;
}

/** An admission, as the joining machine learned of it. */
export interface Admission {
  readonly hostKey: Buffer;
  readonly host: HostAbout;
  /** Id of this machine at that host. */
  readonly node: string;
}
