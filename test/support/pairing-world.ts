/** A host and machines that want to join it, on virtual time, with the host's files on disk. */
import { Admissions } from '../../src/node/pairing/admissions.ts';
import type { RefusedAdmission } from '../../src/node/pairing/admissions.ts';
import type { Failure } from '../../src/node/pairing/conversation.ts';
import { Invitations } from '../../src/node/pairing/invitations.ts';
import type { Admission, JoinParts } from '../../src/node/pairing/join-parts.ts';
import { PairingLimits } from '../../src/node/pairing/limits.ts';
import { NodePairing } from '../../src/node/pairing/node-pairing.ts';
import { redeem } from '../../src/node/pairing/node-redeem.ts';
import { AdmittedNodes } from '../../src/node/keys/admitted.ts';
import type { AdmittedNode } from '../../src/node/keys/admitted.ts';
import { readIdentity } from '../../src/node/keys/identity.ts';
import { newKeyPair } from '../../src/node/keys/key-pair.ts';
import type { KeyPair } from '../../src/node/keys/key-pair.ts';
import { LanFolder } from '../../src/node/keys/lan-folder.ts';
import type { Admission as Row } from '../../src/protocol/window/nodes.ts';
import { linePair } from './line-pair.ts';
import type { LinePair, Tap } from './line-pair.ts';
import { ManualTimer } from './manual-timer.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Wall time at the start of each world. */
export const BEGAN = Date.UTC(2026, 0, 5, 12);

export interface Joining {
  readonly pairing: NodePairing;
  readonly lines: LinePair;
  readonly shown: () => string | null;
  readonly admission: () => Admission | null;
  readonly failure: () => Failure | null;
}

export class PairingWorld {
  readonly timer = new ManualTimer();
  readonly now = (): number => BEGAN + this.timer.now();
  readonly home = temporaryFolder();
  readonly folder = new LanFolder(this.home.path);
  readonly host = readIdentity(this.folder, BEGAN);
  readonly admitted = new AdmittedNodes(this.folder, this.now);
  readonly invitations = new Invitations(this.folder, this.now);
  readonly limits = new PairingLimits(() => this.timer.now());
  readonly refused: RefusedAdmission[] = [];
  /** Nodes in the order in which their channels were opened. */
  readonly opened: AdmittedNode[] = [];
  readonly admissions = new Admissions(
    {
      identity: () => this.host,
      about: () => ({ name: 'DESK', lab: 'vision' }),
      admitted: this.admitted,
      invitations: this.invitations,
      limits: this.limits,
      timer: this.timer,
      open: (node) => {
        this.opened.push(node);
        return Promise.resolve();
      },
    },
    (refusal) => this.refused.push(refusal),
    this.now,
  );

  /** The admissions that wait for a person. */
  get waiting(): readonly Row[] {
    return this.admissions.list().filter(({ ended }) => ended === null);
  }

  /** The one admission that waits for a person. */
  get pending(): Row {
    const [only, ...others] = this.waiting;
    if (only === undefined || others.length > 0)
      throw new Error(`${this.waiting.length} admissions wait`);
    return only;
  }

  joiner(name = 'PIXEL', identity: KeyPair = newKeyPair()): JoinParts {
    const about = { name, system: 'Debian 12', cores: 8, devices: ['RTX 4090'] };
    return { identity, about, timer: this.timer };
  }

  /** Connects lines whose node end the test plays itself. */
  stranger(address = '10.0.0.7'): LinePair {
    const lines = linePair(address);
    this.admissions.connect(lines.host);
    return lines;
  }

  join(parts = this.joiner(), address = '10.0.0.7', tap?: Tap): Joining {
    const lines = linePair(address, tap);
    this.admissions.connect(lines.host);
    let [shown, admission, failure] = [
      null as string | null,
      null as Admission | null,
      null as Failure | null,
    ];
    const pairing = new NodePairing(lines.node, parts, {
      shown: ({ digits }) => (shown = digits),
      admitted: (result) => (admission = result),
      failed: (result) => (failure = result),
    });
    return {
      pairing,
      lines,
      shown: () => shown,
      admission: () => admission,
      failure: () => failure,
    };
  }

  redeem(
    secret: string,
    { parts = this.joiner(), address = '10.0.0.7', hostKey = this.host.key, tap }: Redeeming = {},
  ): Promise<Admission | Failure> {
    const lines = linePair(address, tap);
    this.admissions.connect(lines.host);
    return redeem(lines.node, parts, { hostKey, secret: Buffer.from(secret, 'hex') });
  }

  remove(): void {
    this.home.remove();
  }
}

interface Redeeming {
  readonly parts?: JoinParts;
  readonly address?: string;
  readonly hostKey?: Buffer;
  readonly tap?: Tap;
}
