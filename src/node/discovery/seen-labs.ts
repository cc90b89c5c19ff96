/** Labs that are seen on the local network, as the window lists them. */
import type { SeenBody } from '../../protocol/window/nodes.ts';
import { hostAddressText } from '../../protocol/host-address.ts';
import { systemTimer } from '../../runtime/timer.ts';
import { Discovery } from './discovery.ts';
import type { DiscoveryOptions } from './discovery.ts';

/**
 * Looks for labs until the returned function is called.
 * @param found called with all of them, at once and after each change
 */
export function discoverLabs(
  found: (seen: SeenBody) => void,
  options: Omit<DiscoveryOptions, 'changed' | 'timer'> = {},
): () => void {
  const tell = (): void => {
    found({
      labs: discovery.labs.map(({ hostId, name, addresses, seenAt, compatible }) => ({
        host: hostId,
        name,
        addresses: addresses.map(hostAddressText),
        seenAt,
        compatible,
      })),
      blind: discovery.blind,
    });
  };
  // The first change may come before the constructor returns.
  const discovery: Discovery = new Discovery({
    ...options,
    timer: systemTimer,
    changed: () => queueMicrotask(tell),
  });
  const stop = discovery.look();
  return () => {
    stop();
    void discovery.close();
  };
}
