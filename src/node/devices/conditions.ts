/** Conditions of a card that make trials slower there than its model promises. Pure. */
import type { ListedCard } from '../../protocol/device-list.ts';

/** Load from which a card is in use, in per cent. */
const BUSY_LOAD = 95;
/** Share of the memory from which a card is in use. */
const BUSY_MEMORY = 0.5;
/** Share of the usual power limit below which a card is capped. */
const CAPPED = 0.95;

/** Sentences about the card; empty: nothing limits it. */
export function cardConditions({ figures, powerDefault }: ListedCard): string[] {
  const { load, memoryBytes, memoryTotalBytes, powerLimit } = figures;
  const share =
    memoryBytes === null || memoryTotalBytes === null ? 0 : memoryBytes / memoryTotalBytes;
  const use = [
    ...((load ?? 0) >= BUSY_LOAD ? [`load ${String(Math.round(load ?? 0))} %`] : []),
    ...(share >= BUSY_MEMORY ? [`${String(Math.round(100 * share))} % of its memory in use`] : []),
  ];
  return [
    ...(use.length === 0 ? [] : [`is in use (${use.join(', ')}): trials take longer on it`]),
    ...(powerLimit !== null && powerDefault !== null && powerLimit < CAPPED * powerDefault
      ? [
          `has a power limit of ${String(Math.round(powerLimit))} W instead of ${String(Math.round(powerDefault))} W: trials take longer on it`,
        ]
      : []),
  ];
}
