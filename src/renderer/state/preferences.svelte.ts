/**
 * Preferences of this window: pane sizes, columns, switches. A name consists of a part and a
 * setting, for example `strip.collapsed`. Values that cannot be read count as absent.
 */
import { SvelteMap } from 'svelte/reactivity';

/** The part of `localStorage` that is used. */
export interface Memory {
  getItem(name: string): string | null;
  setItem(name: string, value: string): void;
  removeItem(name: string): void;
}

const PREFIX = 'galapagos.preference.';

export type Preference = string | number | boolean | readonly string[];

export class Preferences {
  readonly #storage: Memory;
  readonly #held = new SvelteMap<string, Preference | null>();

  constructor(storage: Memory) {
    this.#storage = storage;
  }

  /** The stored value if it is of the fallback's kind, otherwise the fallback. */
  get<Value extends Preference>(name: string, fallback: Value): Widened<Value> {
    const held = this.#held.has(name) ? this.#held.get(name) : this.#read(name);
    // Checked by `kindOf`; the widened type says the same.
    return (
      held !== null && held !== undefined && kindOf(held) === kindOf(fallback) ? held : fallback
    ) as Widened<Value>;
  }

  /** @param value null removes the preference */
  set(name: string, value: Preference | null): void {
    this.#held.set(name, value);
    if (value === null) this.#storage.removeItem(PREFIX + name);
    else this.#storage.setItem(PREFIX + name, JSON.stringify(value));
  }

  #read(name: string): Preference | null {
    // Reading a name that is not stored yet still subscribes the caller.
    try {
      const value: unknown = JSON.parse(this.#storage.getItem(PREFIX + name) ?? 'null');
      return isPreference(value) ? value : null;
    } catch {
      return null;
    }
  }
}

type Widened<Value extends Preference> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : readonly string[];

function kindOf(value: Preference): string {
  return typeof value === 'object' ? 'list' : typeof value;
}

function isPreference(value: unknown): value is Preference {
  if (Array.isArray(value)) return value.every((entry) => typeof entry === 'string');
  return (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  );
}
