/** Assigns codes to names in order of first appearance. */
export class Names {
  readonly #codes = new Map<string, number>();
  readonly #most: number;

  /** @param most further names share the last code */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#codes.size;
  }

  get list(): string[] {
    return [...this.#codes.keys()];
  }

  codeOf(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    if (this.#codes.size === this.#most) return this.#most - 1;
    const code = this.#codes.size;
    this.#codes.set(name, code);
    return code;
  }
}
