/**
 * NVIDIA cards that `CUDA_VISIBLE_DEVICES` leaves this process, as a scheduler or a user sets it.
 * Pure.
 */
import type { Partition } from './partitions.ts';

export interface NvidiaCard {
  /** `gpu/0`. */
  readonly device: string;
  /** Null: unknown. */
  readonly uuid: string | null;
  readonly partitions: readonly Partition[];
}

/** Instances that may be used, by the id of each visible card. */
export type VisibleCards = ReadonlyMap<string, readonly Partition[]>;

/**
 * @param value the variable: numbers, unique ids or their beginnings, separated by commas. As CUDA
 *   does, ignores what follows an entry that names no card. Undefined: all cards are visible.
 * @param cards in the order of the bus, by which numbers count
 */
export function visibleCards(
  value: string | undefined,
  cards: readonly NvidiaCard[],
): VisibleCards {
  if (value === undefined)
    return new Map(cards.map(({ device, partitions }) => [device, partitions]));
  const visible = new Map<string, readonly Partition[]>();
  for (const entry of value.split(',').map((each) => each.trim())) {
    const named = /^\d+$/.test(entry) ? cards[Number(entry)] : undefined;
    const card = named ?? cards.find(({ uuid }) => begins(uuid, entry, 'gpu-'));
    if (card !== undefined) {
      visible.set(card.device, card.partitions);
      continue;
    }
    const owner = cards.find(({ partitions }) =>
      partitions.some(({ uuid }) => begins(uuid, entry, 'mig-')),
    );
    if (owner === undefined) break;
    const instances = owner.partitions.filter(({ uuid }) => begins(uuid, entry, 'mig-'));
    visible.set(owner.device, [...(visible.get(owner.device) ?? []), ...instances]);
  }
  return visible;
}

function begins(uuid: string | null, entry: string, kind: string): boolean {
  const wanted = entry.toLowerCase();
  return wanted.startsWith(kind) && (uuid?.toLowerCase().startsWith(wanted) ?? false);
}
