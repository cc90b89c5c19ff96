/**
 * Rows of the lab's machines for the window: what the scheduler decided about each, and what the
 * node has told. Computed on request.
 */
import { THIS_NODE, parseSlot } from '../../core/device.ts';
import { isHeard, presentSince, quarantineOf } from '../../lab/node-facts.ts';
import type { NodesState, ScheduledNode } from '../../lab/node-facts.ts';
import type { WallClock } from '../../lab/wall-clock.ts';
import type { SlotRow } from '../../protocol/window/lab-stream.ts';
import type { NodeRow } from '../../protocol/window/nodes.ts';
import type { NodeSample } from '../../protocol/window/telemetry.ts';
import type { NodeFacts } from '../shared-lab.ts';

export interface NodeSurroundings {
  readonly lab: NodesState;
  readonly wall: WallClock;
  /** Slots of all nodes. */
  readonly slots: readonly SlotRow[];
  /** Name of a dataset by its content. */
  readonly datasetName: (content: string) => string;
}

export function nodeRows(
  facts: readonly NodeFacts[],
  { lab, wall, slots, datasetName }: NodeSurroundings,
): NodeRow[] {
  const ofNode = new Map<string, SlotRow[]>(facts.map(({ id }) => [id, []]));
  for (const slot of slots) ofNode.get(slot.node)?.push(slot);
  return facts.map(({ inventory, sample, lastSeen, ...fact }) => {
    const node = lab.nodes.get(fact.id);
    const mode = node?.mode ?? 'open';
    const isCurrent = fact.id === THIS_NODE || isHeard(node);
    return {
      ...fact,
      datasets: fact.datasets.map(({ name: content, ...dataset }) => ({
        ...dataset,
        name: datasetName(content),
      })),
      presence: node?.presence ?? 'absent',
      since: node === undefined ? lastSeen : wall(presentSince(node, lab.stalledMs)),
      left: node?.reason ?? null,
      refusals: [...fact.refusals, ...quarantineOf(node, wall)],
      mode,
      by: node === undefined || mode === 'open' ? null : node.modeBy,
      system: inventory?.system ?? null,
      slots: (ofNode.get(fact.id) ?? []).map((slot) => slotOf(slot, node)),
      load: sample === null || !isCurrent ? null : meanLoad(sample),
      rttMs: isHeard(node) ? node.rttMs : null,
    };
  });
}

function slotOf(row: SlotRow, node: ScheduledNode | undefined): NodeRow['slots'][number] {
  const { slot, running, until: untilMs } = row;
  const held = node?.held.has(slot) ?? false;
  const silent = node?.silent.has(slot) ?? false;
  return {
    slot,
    device: parseSlot(slot).device,
    state: held ? 'held' : silent ? 'silent' : row.state,
    trial: running[0]?.trial ?? null,
    untilMs,
  };
}

function meanLoad({ cores }: NodeSample): number | null {
  if (cores.length === 0) return null;
  return Math.round(cores.reduce((sum, load) => sum + load, 0) / cores.length);
}

/**
 * This machine among the nodes, described by its own inventory.
 * @param use limits of its use, and why its workers wait; null: it has no workers
 */
export function thisMachine(
  name: string,
  release: string,
  { inventory, sample }: Pick<NodeFacts, 'inventory' | 'sample'>,
  use: Pick<NodeFacts, 'limits' | 'held' | 'hoursFrom'> | null,
): NodeFacts {
  return {
    id: THIS_NODE,
    name,
    lastSeen: null,
    release,
    offsetMs: null,
    datasets: [],
    refusals: [],
    packages: [],
    limits: use?.limits ?? null,
    held: use?.held ?? null,
    hoursFrom: use?.hoursFrom ?? null,
    inventory,
    sample,
  };
}
