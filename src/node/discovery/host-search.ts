/**
 * Looks for a host by its id while there is no link to it, because its address may have changed.
 */
import type { HostAddress } from '../../protocol/host-address.ts';
import { Discovery } from './discovery.ts';
import type { DiscoveryOptions } from './discovery.ts';

/** Milliseconds between two looks at the link. */
export const SEARCH_MS = 5000;

export interface HostSearchParts extends Omit<DiscoveryOptions, 'changed'> {
  readonly hostId: string;
  readonly isLinked: () => boolean;
  /** Called with the addresses at which the host is seen, after each change. */
  readonly found: (addresses: readonly HostAddress[]) => void;
}

/** @returns a function that ends the search */
export function searchHost({ hostId, isLinked, found, ...options }: HostSearchParts): () => void {
  const discovery: Discovery = new Discovery({
    ...options,
    changed: () =>
      queueMicrotask(() => {
        const addresses = discovery.addressesOf(hostId);
        if (addresses.length > 0) found(addresses);
      }),
  });
  let stop: (() => void) | null = null;
  let cancel = (): void => undefined;
  const check = (): void => {
    if (!isLinked()) stop ??= discovery.look();
    else {
      stop?.();
      stop = null;
    }
    cancel = options.timer.after(SEARCH_MS, check);
  };
  cancel = options.timer.after(SEARCH_MS, check);
  return () => {
    cancel();
    stop?.();
    void discovery.close();
  };
}
