/** The lab's other machines and this machine's place in another lab, as a test defines them. */
import { GalapagosError } from '../../src/core/errors.ts';
import type { NodeFace, NodeFacts, SharedLab } from '../../src/endpoints/shared-lab.ts';
import { Changes } from '../../src/endpoints/feeds/changes.ts';
import { HistoryRing } from '../../src/node/machine/history-ring.ts';
import type { NodeLimits } from '../../src/protocol/node-messages.ts';
import { NO_LIMITS } from '../../src/protocol/node-messages.ts';
import type {
  Admission,
  Invitation,
  OwnerBody,
  RefusedRow,
  SeenBody,
  Sharing,
} from '../../src/protocol/window/nodes.ts';
import type { NodeSample } from '../../src/protocol/window/telemetry.ts';

type Did = readonly [act: string, ...given: unknown[]];

/** Fields are assigned by the test, which then calls `changed`. */
export class FakeSharedLab implements SharedLab {
  sharing: Sharing = { on: false, name: 'DESK', port: 0, addresses: [], problem: null };
  nodes: readonly NodeFacts[] = [];
  admissions: readonly Admission[] = [];
  refused: readonly RefusedRow[] = [];
  readonly samples = new HistoryRing<NodeSample>(100);
  /** Operations in the order in which they were asked for. */
  readonly did: Did[] = [];
  readonly #changes = new Changes();

  readonly acts = {
    rename: (node: string, name: string) => this.#on(node, 'rename', name),
    drain: (node: string, now: boolean) => this.#on(node, 'drain', now),
    pause: (node: string) => this.#on(node, 'pause'),
    resume: (node: string) => this.#on(node, 'resume'),
    remove: (node: string) => this.#on(node, 'remove'),
    limit: (node: string, limits: unknown) => this.#on(node, 'limit', limits),
  };

  listen(changed: () => void): () => void {
    return this.#changes.listen(changed);
  }

  changed(): void {
    this.#changes.notify();
  }

  share(on: boolean, port: number | null): Promise<void> {
    this.did.push(['share', on, port]);
    this.sharing = {
      ...this.sharing,
      on,
      port: on ? (port ?? 47_800) : 0,
      addresses: on ? ['192.168.1.5'] : [],
    };
    this.changed();
    return Promise.resolve();
  }

  admit(conversation: string, yes: boolean): void {
    if (!this.admissions.some((each) => each.conversation === conversation))
      throw new GalapagosError('unknown-admission', `nobody waits in ${conversation}`);
    this.did.push(['admit', conversation, yes]);
  }

  invite(wanted: Parameters<SharedLab['invite']>[0]): Promise<Invitation> {
    this.did.push(['invite', wanted]);
    const until = Date.now() + wanted.forMs;
    return Promise.resolve({ invitation: 'galapagos-join:abc', until, uses: wanted.uses });
  }

  close(): Promise<void> {
    this.did.push(['close']);
    return Promise.resolve();
  }

  #on(node: string, act: string, ...given: unknown[]): Promise<void> {
    if (!this.nodes.some(({ id }) => id === node))
      return Promise.reject(new GalapagosError('unknown-node', `there is no machine ${node}`));
    this.did.push([act, node, ...given]);
    return Promise.resolve();
  }
}

export class FakeNodeFace implements NodeFace {
  readonly asleep = (now: boolean): void => void this.did.push(['asleep', now]);
  state: OwnerBody = {
    cannotJoin: null,
    phase: 'none',
    address: null,
    host: null,
    lab: null,
    digits: null,
    reason: null,
    link: null,
    running: 0,
    devices: [],
    idleSource: 'the system',
    idleUnknown: null,
    limits: NO_LIMITS,
  };
  seen: SeenBody = { labs: [], blind: null };
  /** Number of those that look for labs now. */
  looking = 0;
  readonly did: Did[] = [];
  readonly #changes = new Changes();

  listen(changed: () => void): () => void {
    return this.#changes.listen(changed);
  }

  changed(): void {
    this.#changes.notify();
  }

  look(): () => void {
    this.looking += 1;
    return () => (this.looking -= 1);
  }

  start(address: string): Promise<void> {
    return this.#do('start', address);
  }

  agree(yes: boolean): Promise<void> {
    return this.#do('agree', yes);
  }

  leave(): Promise<void> {
    return this.#do('leave');
  }

  limit(limits: NodeLimits): Promise<void> {
    this.state = { ...this.state, limits };
    this.changed();
    return this.#do('limit', limits);
  }

  close(): Promise<void> {
    return this.#do('close');
  }

  #do(...did: Did): Promise<void> {
    this.did.push(did);
    return Promise.resolve();
  }
}

/** Facts of a node that has told everything. */
export function nodeFacts(id: string, name: string, more: Partial<NodeFacts> = {}): NodeFacts {
  return {
    id,
    name,
    lastSeen: null,
    release: '0.4.0',
    offsetMs: 1.5,
    datasets: [],
    refusals: [],
    limits: NO_LIMITS,
    held: null,
    packages: [],
    hoursFrom: null,
    inventory: null,
    sample: null,
    ...more,
  };
}
