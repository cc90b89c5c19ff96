/**
 * One window's feed of the utilisation of all machines of the lab: this one's, and what the nodes
 * report. A slow window misses samples that were overwritten.
 */
import type { Feed } from '../../protocol/endpoint.ts';
import type { NodeInventory, NodeSample, TelemetryBody } from '../../protocol/window/telemetry.ts';

interface Samples {
  readonly total: number;
  since(seen: number): readonly NodeSample[];
}

/** Utilisation of some machines. Another `samples` object starts from its beginning. */
export interface Telemetry {
  readonly samples: Samples;
  inventories(): readonly NodeInventory[];
}

export function telemetryFeed(
  sources: readonly (() => Telemetry)[],
  onClose: () => void,
): Feed<TelemetryBody> {
  let seq = 0;
  let snapshot = true;
  const seen: { samples: Samples | null; total: number }[] = sources.map(() => ({
    samples: null,
    total: 0,
  }));
  let known: readonly NodeInventory[] = [];
  return {
    take() {
      const found = sources.map((source) => source());
      const nodes = found.flatMap((each) => each.inventories());
      const same = nodes.length === known.length && nodes.every((node, i) => node === known[i]);
      const samples = found.flatMap(({ samples: of }, i) => {
        const before = seen[i];
        const from = snapshot || before?.samples !== of ? 0 : before.total;
        seen[i] = { samples: of, total: of.total };
        return [...of.since(from)];
      });
      if (!snapshot && same && samples.length === 0) return null;
      const message = {
        seq: seq++,
        snapshot,
        body: { samples, ...(snapshot || !same ? { nodes } : {}) },
      };
      snapshot = false;
      known = nodes;
      return message;
    },
    restart: () => (snapshot = true),
    close: onClose,
  };
}
