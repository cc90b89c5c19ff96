/**
 * One window's feed of this machine's utilisation: the last minute first, then each sample once. A
 * slow window misses samples that were overwritten.
 */
import type { Feed } from '../../protocol/endpoint.ts';
import type { NodeInventory, TelemetryBody } from '../../protocol/window/telemetry.ts';
import type { Utilisation } from './utilisation.ts';

export function telemetryFeed(
  { samples, inventory }: Pick<Utilisation, 'samples' | 'inventory'>,
  onClose: () => void,
): Feed<TelemetryBody> {
  let seq = 0;
  let snapshot = true;
  let seen = 0;
  let known: NodeInventory | null = null;
  return {
    take() {
      const now = inventory();
      if (!snapshot && now === known && samples.total === seen) return null;
      const body: TelemetryBody = {
        samples: [...samples.since(snapshot ? 0 : seen)],
        ...(snapshot || now !== known ? { nodes: [now] } : {}),
      };
      const message = { seq: seq++, snapshot, body };
      snapshot = false;
      seen = samples.total;
      known = now;
      return message;
    },
    restart: () => (snapshot = true),
    close: onClose,
  };
}
