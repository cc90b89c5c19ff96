/**
 * The current place of the window: kept in its address, so that back, forward and reload work, and
 * stored for the next start.
 */
import type { Memory } from './preferences.svelte.ts';
import { parsePlace, placeText } from './route.ts';
import type { Place, Tab } from './route.ts';

const REMEMBERED = 'galapagos.place';

/** The browser's address and history. */
export interface Address {
  read(): string;
  write(hash: string, replace: boolean): void;
  onChange(changed: () => void): () => void;
}

export class Route {
  /** Null before the first place is chosen; the frame chooses it once the lab is loaded. */
  place = $state.raw<Place | null>(null);
  readonly #address: Address;
  readonly #storage: Pick<Memory, 'getItem' | 'setItem'>;
  readonly #end: () => void;

  constructor(address: Address, storage: Pick<Memory, 'getItem' | 'setItem'>) {
    this.#address = address;
    this.#storage = storage;
    this.place = parsePlace(address.read()) ?? parsePlace(storage.getItem(REMEMBERED) ?? '');
    this.#end = address.onChange(() => {
      const place = parsePlace(address.read());
      if (place !== null) this.#arrive(place);
    });
  }

  /** @param replace whether to replace the current history entry */
  go(place: Place, replace = false): void {
    const text = placeText(place);
    if (text !== this.#address.read()) this.#address.write(text, replace);
    this.#arrive(place);
  }

  /** Changes the tab of the current study without a history entry. */
  tab(tab: Tab): void {
    if (this.place?.page === 'study') this.go({ ...this.place, tab }, true);
  }

  /** The current study; null when there is none. */
  get study(): string | null {
    return this.place?.page === 'study' ? this.place.study : null;
  }

  close(): void {
    this.#end();
  }

  #arrive(place: Place): void {
    this.place = place;
    this.#storage.setItem(REMEMBERED, placeText(place));
  }
}

export function windowAddress(target: Window): Address {
  return {
    read: () => target.location.hash,
    write(hash, replace) {
      if (replace) target.history.replaceState(null, '', hash);
      else target.history.pushState(null, '', hash);
    },
    onChange(changed) {
      target.addEventListener('hashchange', changed);
      target.addEventListener('popstate', changed);
      return () => {
        target.removeEventListener('hashchange', changed);
        target.removeEventListener('popstate', changed);
      };
    },
  };
}
