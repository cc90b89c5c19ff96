/**
 * Rows of the lab's machines for the window: what the scheduler decided about each, and what the
 * node has told. Computed on request.
 */
import { THIS_NODE, parseSlot } from '../../core/device.ts';
import type { NodeRow } from '../../protocol/window/nodes.ts';
import type { SlotRow } from '../../protocol/window/lab-stream.ts';
import type { NodeSample } from '../../protocol/window/telemetry.ts';
import type { NodeFacts } from '../shared-lab.ts';

/** Part of the scheduler's state of a node. */
export interface ScheduledNode {
  readonly mode: NodeRow['mode'];
  /** Who set the mode; null: the node is open. */
  readonly by: NodeRow['by'];
  /** Slots that wait because their machine is used. */
  readonly held: ReadonlySet<string>;
  /** Slots whose worker the node has not heard of. */
  readonly silent: ReadonlySet<string>;
}

export interface NodeSurroundings {
  /** Slots of all nodes. */
  readonly slots: readonly SlotRow[];
  /** Null: the scheduler does not know the node, which has not joined since the lab was opened. */
  readonly scheduled: (node: string) => ScheduledNode | null;
}

const NOTHING: ReadonlySet<string> = new Set();

export function nodeRows(
  facts: readonly NodeFacts[],
  { slots, scheduled }: NodeSurroundings,
): NodeRow[] {
  const ofNode = new Map<string, SlotRow[]>(facts.map(({ id }) => [id, []]));
  for (const slot of slots) ofNode.get(slot.node)?.push(slot);
  return facts.map(({ inventory, sample, ...fact }) => {
    const known = scheduled(fact.id);
    return {
      ...fact,
      mode: known?.mode ?? 'open',
      by: known?.by ?? null,
      system: inventory?.system ?? null,
      slots: (ofNode.get(fact.id) ?? []).map((slot) => slotOf(slot, known)),
      load: meanLoad(sample),
    };
  });
}

function slotOf(row: SlotRow, node: ScheduledNode | null): NodeRow['slots'][number] {
  const { slot, running, until: untilMs } = row;
  const state = (node?.held ?? NOTHING).has(slot)
    ? 'held'
    : (node?.silent ?? NOTHING).has(slot)
      ? 'silent'
      : row.state;
  return {
    slot,
    device: parseSlot(slot).device,
    state,
    trial: running[0]?.trial ?? null,
    untilMs,
  };
}

function meanLoad(sample: NodeSample | null): number | null {
  if (sample === null || sample.cores.length === 0) return null;
  return Math.round(sample.cores.reduce((sum, load) => sum + load, 0) / sample.cores.length);
}

/** This machine among the nodes: always present, and described by its own inventory. */
export function thisMachine(
  name: string,
  release: string,
  { inventory, sample }: Pick<NodeFacts, 'inventory' | 'sample'>,
): NodeFacts {
  return {
    id: THIS_NODE,
    name,
    presence: 'present',
    since: null,
    left: null,
    release,
    rttMs: null,
    offsetMs: null,
    datasets: [],
    refusals: [],
    limits: null,
    held: null,
    hoursFrom: null,
    inventory,
    sample,
  };
}
