/**
 * Where the window is: kept in its address, so that back, forward and a reload work, and remembered
 * for the next start.
 */
import type { Memory } from './preferences.svelte.ts';
import { parsePlace, placeText } from './route.ts';
import type { Place, Tab } from './route.ts';

const REMEMBERED = 'galapagos.place';

/** As of a browser: the address, and what survives a restart. */
export interface Address {
  read(): string;
  write(hash: string, replace: boolean): void;
  onChange(changed: () => void): () => void;
}

export class Route {
  /** Null: not decided; the frame decides once it has heard of the lab. */
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

  /** @param replace no step back to where the window is now */
  go(place: Place, replace = false): void {
    const text = placeText(place);
    if (text !== this.#address.read()) this.#address.write(text, replace);
    this.#arrive(place);
  }

  /** Of the study in front: tabs are no steps of the history. */
  tab(tab: Tab): void {
    if (this.place?.page === 'study') this.go({ ...this.place, tab }, true);
  }

  /** The study in front; null: none is. */
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
