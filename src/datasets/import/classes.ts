/**
 * The classes of an import: collected as they appear, numbered at the end by known names or in the
 * order of their names.
 */
import { defined } from '../../core/at.ts';
import { grouped, mismatch } from '../dataset-error.ts';

/** Labels are stored in 16 bits. */
export const MOST_CLASSES = 65_536;

export interface NumberedClasses {
  readonly names: readonly string[];
  /** Maps the order of appearance to the class. */
  readonly numberOf: Uint32Array;
}

export class Classes {
  readonly #ids = new Map<string, number>();
  /** Cache for small integers, the most frequent case. */
  readonly #small: number[] = [];
  #known: readonly string[] | null = null;

  /** Defines the names that labels are indices of. */
  know(names: readonly string[]): void {
    this.#known = names;
  }

  get known(): readonly string[] | null {
    return this.#known;
  }

  /** @returns its index in order of appearance. @throws DatasetError for too many classes */
  ofName(name: string, file: string): number {
    const id = this.#ids.get(name);
    if (id !== undefined) return id;
    if (this.#ids.size >= MOST_CLASSES)
      throw mismatch(file, null, `at most ${grouped(MOST_CLASSES)} classes`, 'more', {
        option: 'targets',
        words: 'numbers to predict are named by --targets',
      });
    this.#ids.set(name, this.#ids.size);
    return this.#ids.size - 1;
  }

  /**
   * @param place of the label, for errors: it must be an integer, and an index of a known name if
   *   there are any
   */
  ofNumber(label: number, file: string, place: () => string): number {
    const id = this.#small[label];
    if (id !== undefined) return id;
    if (!Number.isSafeInteger(label))
      throw mismatch(file, place(), 'an integer as the class', String(label));
    if (this.#known !== null && (label < 0 || label >= this.#known.length))
      throw mismatch(
        file,
        place(),
        `a class from 0 to ${String(this.#known.length - 1)}`,
        String(label),
      );
    const given = this.ofName(String(label), file);
    if (label >= 0 && label < MOST_CLASSES) this.#small[label] = given;
    return given;
  }

  /**
   * @param source for errors
   * @throws DatasetError where there are fewer than two, or a class without a known name: a later
   *   file named fewer classes than earlier files have
   */
  numbered(source: string): NumberedClasses {
    const found = [...this.#ids.keys()];
    if (this.#known !== null) {
      const names = this.#known;
      const nameless = found.find((label) => !(Number(label) in names));
      if (nameless !== undefined)
        throw mismatch(source, null, `a class from 0 to ${names.length - 1}`, nameless);
      return { names, numberOf: Uint32Array.from(found, Number) };
    }
    if (found.length < 2)
      throw mismatch(
        source,
        null,
        'at least two classes',
        found.length === 0 ? 'none' : `only ${JSON.stringify(found[0])}`,
      );
    const integers = found.every((name) => /^-?(?:0|[1-9]\d*)$/.test(name));
    const names = integers
      ? found.sort((a, b) => Number(a) - Number(b))
      : found.sort((a, b) => (a < b ? -1 : 1));
    const places = new Map(names.map((name, i) => [name, i]));
    return {
      names,
      numberOf: Uint32Array.from(this.#ids.keys(), (name) => defined(places.get(name))),
    };
  }
}
