/** Utilisation of the lab's nodes over the last minute. */
import type { NodeSample, TelemetryBody } from '../../protocol/window/telemetry.ts';

/** Milliseconds for which samples are kept. */
const KEPT = 60_000;

export type NodeInventory = NonNullable<TelemetryBody['nodes']>[number];

export class TelemetryState {
  nodes = $state.raw<readonly NodeInventory[]>([]);
  /** Samples by node, oldest first. */
  samples = $state.raw<ReadonlyMap<string, readonly NodeSample[]>>(new Map());

  apply({ nodes, samples }: TelemetryBody, snapshot: boolean): void {
    if (nodes !== undefined) this.nodes = nodes;
    const held = new Map(snapshot ? [] : this.samples);
    for (const sample of samples) held.set(sample.node, [...(held.get(sample.node) ?? []), sample]);
    for (const [node, rows] of held) {
      const newest = rows.at(-1)?.at ?? 0;
      held.set(
        node,
        rows.filter(({ at }) => newest - at <= KEPT),
      );
    }
    this.samples = held;
  }
}
