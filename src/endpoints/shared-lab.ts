/**
 * The lab's other machines as the endpoints need them: `SharedLab` at the host, `NodeFace` at a
 * machine that joins. Implemented by `lab/` and by the process of the node; tests replace both.
 */
import type { NodeLimits } from '../protocol/node-messages.ts';
import type { NodeInventory, NodeSample } from '../protocol/window/telemetry.ts';
import type {
  Admission,
  Invitation,
  NodeTold,
  OwnerBody,
  RefusedRow,
  SeenBody,
  Sharing,
} from '../protocol/window/nodes.ts';

/** Facts that an admitted node has told of itself; its datasets are named by their contents. */
export interface NodeFacts extends NodeTold {
  /** Time at which it was connected last, in milliseconds since 1970; null: never. */
  readonly lastSeen: number | null;
  /** Null: it has not told it yet. */
  readonly inventory: NodeInventory | null;
  /** The latest; null: none. */
  readonly sample: NodeSample | null;
}

/** Operations on the admitted nodes. @throws GalapagosError `unknown-node` */
export interface NodeActs {
  rename(node: string, name: string): Promise<void>;
  /** @param now whether running trials return to the queue */
  drain(node: string, now: boolean): Promise<void>;
  pause(node: string): Promise<void>;
  resume(node: string): Promise<void>;
  remove(node: string): Promise<void>;
  limit(node: string, limits: Pick<NodeLimits, 'devices' | 'hours' | 'whenIdle'>): Promise<void>;
}

/** Sharing of one open lab. */
export interface SharedLab {
  /** Calls back after every change of the fields below. @returns a function that unsubscribes */
  listen(changed: () => void): () => void;
  readonly sharing: Sharing;
  /** Admitted nodes, whether they are present or not. */
  readonly nodes: readonly NodeFacts[];
  readonly admissions: readonly Admission[];
  readonly refused: readonly RefusedRow[];
  /** Utilisation of all nodes, under their ids, in the order of arrival. */
  readonly samples: { readonly total: number; since(seen: number): readonly NodeSample[] };
  readonly acts: NodeActs;
  /** @throws GalapagosError `port-taken` */
  share(on: boolean, port: number | null): Promise<void>;
  /** @throws GalapagosError `unknown-admission` */
  admit(conversation: string, yes: boolean): void;
  /** @throws GalapagosError `not-shared` */
  invite(wanted: {
    readonly uses: number;
    readonly forMs: number;
    readonly ephemeral: boolean;
  }): Promise<Invitation>;
  /** Says goodbye to the nodes and closes the door. */
  close(): Promise<void>;
}

/** This machine as a node of another lab. */
export interface NodeFace {
  /** Calls back after every change of the state and of the seen labs. */
  listen(changed: () => void): () => void;
  readonly state: OwnerBody;
  readonly seen: SeenBody;
  /** Looks for labs until the returned function is called. */
  look(): () => void;
  /**
   * @param address an invitation, or addresses separated by commas, which are tried in their order
   * @throws GalapagosError `cannot-join`
   */
  start(address: string): Promise<void>;
  /** @throws GalapagosError `unknown-admission` when no digits are shown */
  agree(yes: boolean): Promise<void>;
  leave(): Promise<void>;
  limit(limits: NodeLimits): Promise<void>;
  /** The machine goes to sleep, or has woken. */
  asleep(now: boolean): void;
  close(): Promise<void>;
}
