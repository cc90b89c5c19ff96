/**
 * Rows of a timeline: one for each lane of a GPU and for each CPU worker; many workers of a node
 * become a single band. Pure; px from the top.
 */
import { at } from '../../../core/at.ts';
import { THIS_NODE, deviceKind, parseSlot, slotNameOnNode } from '../../../core/device.ts';
import type { SlotRow } from '../../../protocol/window/lab-stream.ts';
import type { LaneIndex } from '../../state/attempt-log.ts';
import { text } from '../../text.ts';

export interface Metrics {
  readonly gpuLane: number;
  readonly cpuRow: number;
  /** Space between rows of a group, in px. */
  readonly laneGap: number;
  readonly groupGap: number;
  /** Height of a node's name above its rows, in px; null: the name is part of each label. */
  readonly heading: number | null;
  /** True if the CPU workers of a node share one label. */
  readonly cpusTogether: boolean;
  /** Number of workers of a node from which they become one band; null for never. */
  readonly bandFrom: number | null;
  readonly bandHeight: number;
  /** Maximum growth of a row when there is space, in px. */
  readonly growth: number;
}

/** Height of a node's name above its rows, in px. */
export const HEADING = 20;

export const labMetrics: Metrics = {
  gpuLane: 22,
  cpuRow: 20,
  laneGap: 2,
  groupGap: 6,
  heading: HEADING,
  cpusTogether: false,
  bandFrom: null,
  bandHeight: 0,
  growth: 1,
};
export const stripMetrics: Metrics = {
  gpuLane: 7,
  cpuRow: 5,
  laneGap: 1,
  groupGap: 6,
  heading: null,
  cpusTogether: true,
  bandFrom: 17,
  bandHeight: 28,
  growth: 2,
};

export interface LaneRow {
  readonly slot: string;
  readonly lane: number;
  readonly top: number;
  readonly height: number;
}

export interface LaneGroup {
  /** Name of the node whose first group this is, drawn above it; null: none. */
  readonly heading: string | null;
  readonly label: string;
  readonly gpu: boolean;
  readonly slots: readonly string[];
  readonly top: number;
  readonly height: number;
  /** Empty for a band. */
  readonly rows: readonly LaneRow[];
}

export interface Lanes {
  readonly groups: readonly LaneGroup[];
  readonly height: number;
}

/** Names of nodes by id. */
export type NodeNames = ReadonlyMap<string, string>;

type Slot = Pick<SlotRow, 'slot' | 'node' | 'device' | 'lanes'>;

/** Metrics with rows as high as possible while all fit. */
export function fitted(slots: readonly Slot[], metrics: Metrics, height: number): Metrics {
  if (metrics.growth === 1) return metrics;
  const least = layLanes(slots, metrics, '').height;
  const by = Math.max(1, Math.min(metrics.growth, height / Math.max(1, least)));
  const grown = (size: number): number => Math.floor(size * by);
  return {
    ...metrics,
    gpuLane: grown(metrics.gpuLane),
    cpuRow: grown(metrics.cpuRow),
    bandHeight: grown(metrics.bandHeight),
  };
}

const natural = new Intl.Collator('en', { numeric: true });

/** Height of the axis below the rows, in px. */
export const AXIS_HEIGHT = 20;

/** Maximum height of the strip's rows and axis, in px. */
export function stripHeight(slots: readonly Slot[]): number {
  return layLanes(slots, fitted(slots, stripMetrics, Infinity), '').height + AXIS_HEIGHT;
}

/**
 * @param together shared label of the CPU workers of a node
 * @param names of nodes by id
 */
export function layLanes(
  slots: readonly Slot[],
  metrics: Metrics,
  together: string,
  names: NodeNames = new Map(),
): Lanes {
  const groups: LaneGroup[] = [];
  const several = new Set(slots.map(({ node }) => node)).size > 1;
  let before: string | null = null;
  let top = 0;
  for (const { gpu, node, members } of grouped(slots, metrics.cpusTogether, names)) {
    const apart =
      groups.length === 0
        ? 0
        : gpu || groups.at(-1)?.gpu === true || metrics.cpusTogether
          ? metrics.groupGap
          : metrics.laneGap;
    top += apart;
    const nodeName = names.get(node) ?? node;
    const heading = several && node !== before && metrics.heading !== null ? nodeName : null;
    if (heading !== null) top += metrics.heading ?? 0;
    before = node;
    const rows: LaneRow[] = [];
    const begin = top;
    if (!gpu && metrics.bandFrom !== null && members.length >= metrics.bandFrom)
      top += metrics.bandHeight;
    else
      for (const { slot, lanes } of members)
        for (let lane = 0; lane < Math.max(1, lanes); lane++) {
          if (top > begin) top += metrics.laneGap;
          const height = gpu ? metrics.gpuLane : metrics.cpuRow;
          rows.push({ slot, lane, top, height });
          top += height;
        }
    const own = members.map(({ slot }) => slot);
    const plain = !gpu && metrics.cpusTogether ? together : slotNameOnNode(at(own, 0));
    const label =
      several && metrics.heading === null && node !== THIS_NODE
        ? text.lab.deviceOn({ name: plain, node: nodeName })
        : plain;
    groups.push({ heading, label, gpu, slots: own, top: begin, height: top - begin, rows });
  }
  return { groups, height: top };
}

interface Grouped {
  readonly gpu: boolean;
  readonly node: string;
  readonly members: Slot[];
}

/** This machine first, then the others by name; of each node its GPUs first. */
function grouped(slots: readonly Slot[], together: boolean, names: NodeNames): Grouped[] {
  const groups = new Map<string, Grouped>();
  const nameOf = ({ node }: Slot): string => names.get(node) ?? node;
  const sorted = slots.toSorted(
    (a, b) =>
      Number(b.node === THIS_NODE) - Number(a.node === THIS_NODE) ||
      natural.compare(nameOf(a), nameOf(b)) ||
      natural.compare(a.node, b.node) ||
      Number(isGpu(b)) - Number(isGpu(a)) ||
      natural.compare(a.slot, b.slot),
  );
  for (const slot of sorted) {
    const gpu = isGpu(slot);
    const key = gpu || together ? `${slot.node}/${slot.device}` : slot.slot;
    const held = groups.get(key);
    if (held === undefined) groups.set(key, { gpu, node: slot.node, members: [slot] });
    else held.members.push(slot);
  }
  return [...groups.values()];
}

function isGpu({ device }: Slot): boolean {
  return deviceKind(device) === 'gpu';
}

/**
 * Adds rows for past workers with attempts, and for lanes that are no longer used. A GPU has rows
 * for the lanes that it has used: it may have hundreds.
 */
export function withPast(slots: readonly Slot[], index: LaneIndex): readonly Slot[] {
  const held = new Map<string, Slot>(
    slots.map(({ slot, node, device, lanes }) => [
      slot,
      { slot, node, device, lanes: deviceKind(device) === 'gpu' ? Math.min(1, lanes) : lanes },
    ]),
  );
  for (const [row] of index.values()) {
    if (row === undefined) continue;
    const { slot, lane } = row;
    const known = held.get(slot);
    if (known !== undefined && known.lanes > lane) continue;
    const { node, device } = parseSlot(slot);
    held.set(slot, { slot, node, device, lanes: Math.max(known?.lanes ?? 1, lane + 1) });
  }
  return [...held.values()];
}
