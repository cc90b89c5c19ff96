/** Facts that an admitted node has told of itself, in the form that windows and commands show. */
import type { Demand } from '../core/demand.ts';
import type { LabState } from '../core/scheduling/index.ts';
import type { AdmittedNode } from '../node/keys/admitted.ts';
import type { NodeStatus } from '../node/keys/status.ts';
import type { DatasetTransfer } from '../node/data/host-datasets.ts';
import type { NodeDataset, NodeRow, NodeTold } from '../protocol/window/nodes.ts';
import type { NodeInventory, NodeSample } from '../protocol/window/telemetry.ts';
import type { RemoteNode } from './remote-host.ts';
import type { WallClock } from './wall-clock.ts';

export interface NodeFacts extends NodeTold {
  /** Time at which it was connected last, in milliseconds since 1970; null: never. */
  readonly lastSeen: number | null;
  /** Null: it has not joined since the lab was opened. */
  readonly system: string | null;
  /** Null: it has not told it yet. */
  readonly inventory: NodeInventory | null;
  /** The latest; null: none. */
  readonly sample: NodeSample | null;
}

/**
 * Cores and memory of a node, which trials of programs share; null: it has not joined. Until it has
 * told its memory, trials that state a need of memory run there one at a time.
 */
export function offerOfNode(
  remote: Pick<RemoteNode, 'hello' | 'inventory'> | undefined,
): Demand | null {
  if (remote === undefined) return null;
  const { hello, inventory } = remote;
  return { cores: hello.cores, memoryBytes: inventory?.memoryBytes ?? 0 };
}

/** @param remote null: it has not joined since the lab was opened */
export function factsOf(
  { id, name, lastSeen }: AdmittedNode,
  remote: RemoteNode | null,
  transfers: readonly DatasetTransfer[],
  { refusals, packages }: Pick<NodeRow, 'refusals' | 'packages'>,
): NodeFacts {
  return {
    id,
    name,
    release: remote?.hello.release ?? null,
    system: remote?.hello.system ?? null,
    offsetMs: remote?.offsetMs ?? null,
    datasets: transfers.map(datasetOf),
    refusals,
    packages,
    limits: remote?.limits ?? null,
    held: remote?.courtesy?.held ?? null,
    hoursFrom: remote?.courtesy?.hoursFrom ?? null,
    lastSeen: lastSeen === null ? null : Date.parse(lastSeen),
    inventory: remote?.inventory ?? null,
    sample: remote?.sample ?? null,
  };
}

function datasetOf({ name, bytes, of, state, sources, error }: DatasetTransfer): NodeDataset {
  return { name, bytes, of, state, from: sources, error };
}

/** The part of the lab's state that rows of nodes show. */
export type NodesState = Pick<LabState, 'nodes' | 'stalledMs'>;

/** The scheduler's view of a node. */
export type ScheduledNode = LabState['nodes'] extends Map<string, infer Node> ? Node : never;

/** Returns what a host writes for commands beside it. */
export function statusOf(
  facts: readonly NodeFacts[],
  { nodes, stalledMs }: NodesState,
  wall: WallClock,
): readonly NodeStatus[] {
  return facts.map((fact) => {
    const { id, release, offsetMs, datasets, refusals, system, limits, held, hoursFrom } = fact;
    const node = nodes.get(id);
    const slots = [...(node?.slots ?? [])];
    const mode = node?.mode ?? 'open';
    const cohorts = slots.flatMap((slot) => slot.cohorts[0] ?? []);
    return {
      node: id,
      presence: node?.presence ?? 'absent',
      since: node === undefined ? fact.lastSeen : wall(presentSince(node, stalledMs)),
      mode,
      by: node === undefined || mode === 'open' ? null : node.modeBy,
      left: node?.reason ?? null,
      release,
      system,
      slots: slots.map(({ name }) => name),
      busy: cohorts.length,
      running: cohorts.flatMap(({ attempts }) => attempts).length,
      waiting: node?.held.size ?? 0,
      held,
      hoursFrom,
      limits,
      rttMs: isHeard(node) ? node.rttMs : null,
      offsetMs,
      datasets,
      refusals: [...refusals, ...quarantineOf(node, wall)],
      packages: fact.packages,
    };
  });
}

/** Returns whether a node is present, so that its last figures are those of now. */
export function isHeard(node: ScheduledNode | undefined): node is ScheduledNode {
  return node?.presence === 'present';
}

/** Time since which its presence is as it is; of an away node that of its last message. */
export function presentSince(
  { presence, presenceSince, lease }: ScheduledNode,
  stalledMs: number,
): number {
  return presence === 'away' ? lease.heardAt + stalledMs : presenceSince;
}

/** Returns why a node is quarantined, and until when; empty: it is not. */
export function quarantineOf(
  node: ScheduledNode | undefined,
  wall: WallClock,
): NodeRow['refusals'] {
  const quarantine = node?.quarantine ?? null;
  if (node === undefined || quarantine === null) return [];
  const { reason: detail, until } = quarantine;
  const failed = [...node.slots].flatMap((slot) => slot.quarantine?.failures ?? []);
  const trials = new Set(failed.map(({ study, number }) => `${study}/${number}`)).size;
  return [{ reason: 'quarantined', data: { trials, detail, untilMs: wall(until) } }];
}
