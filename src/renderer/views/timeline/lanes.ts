/**
 * Rows of a timeline: one for each lane of a GPU and for each CPU worker; many workers of a node
 * become a single band. Pure; px from the top.
 */
import { at } from '../../../core/at.ts';
import { deviceKind, parseSlot, slotName } from '../../../core/device.ts';
import type { SlotRow } from '../../../protocol/window/lab-stream.ts';
import type { LaneIndex } from '../../state/attempt-log.ts';

export interface Metrics {
  readonly gpuLane: number;
  readonly cpuRow: number;
  /** Space between rows of a group, in px. */
  readonly laneGap: number;
  readonly groupGap: number;
  /** Whether the CPU workers of a node share one label. */
  readonly cpusTogether: boolean;
  /** Number of workers of a node from which they become one band; null for never. */
  readonly bandFrom: number | null;
  readonly bandHeight: number;
  /** Maximum growth of a row when there is space, in px. */
  readonly growth: number;
}

export const labMetrics: Metrics = {
  gpuLane: 22,
  cpuRow: 20,
  laneGap: 2,
  groupGap: 6,
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

/** @param together shared label of the CPU workers of a node */
export function layLanes(slots: readonly Slot[], metrics: Metrics, together: string): Lanes {
  const groups: LaneGroup[] = [];
  let top = 0;
  for (const { gpu, members } of grouped(slots, metrics.cpusTogether)) {
    const apart =
      groups.length === 0
        ? 0
        : gpu || groups.at(-1)?.gpu === true || metrics.cpusTogether
          ? metrics.groupGap
          : metrics.laneGap;
    top += apart;
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
    const names = members.map(({ slot }) => slot);
    const label = !gpu && metrics.cpusTogether ? together : slotName(at(names, 0));
    groups.push({ label, gpu, slots: names, top: begin, height: top - begin, rows });
  }
  return { groups, height: top };
}

function grouped(slots: readonly Slot[], together: boolean): { gpu: boolean; members: Slot[] }[] {
  const groups = new Map<string, { gpu: boolean; members: Slot[] }>();
  const sorted = slots.toSorted(
    (a, b) => Number(isGpu(b)) - Number(isGpu(a)) || natural.compare(a.slot, b.slot),
  );
  for (const slot of sorted) {
    const gpu = isGpu(slot);
    const key = gpu || together ? `${slot.node}/${slot.device}` : slot.slot;
    const held = groups.get(key);
    if (held === undefined) groups.set(key, { gpu, members: [slot] });
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
