/** Recent utilisation of all nodes, under their ids, in the order of arrival. */
import type { NodeSample } from '../protocol/window/telemetry.ts';

/** Samples that are kept: a minute of sixteen nodes. */
const MOST = 960;

export class NodeSamples {
  readonly #kept: NodeSample[] = [];
  #total = 0;

  /** Number of all samples so far, including those that are no longer kept. */
  get total(): number {
    return this.#total;
  }

  add(sample: NodeSample): void {
    this.#kept.push(sample);
    this.#total += 1;
    if (this.#kept.length > MOST) this.#kept.shift();
  }

  /** Returns the kept samples after the first `seen` ones. */
  since(seen: number): readonly NodeSample[] {
    return this.#kept.slice(Math.max(0, this.#kept.length - (this.#total - seen)));
  }
}
