/**
 * The chart in front, which the export menu offers as an image; null: the view in front has none.
 */
import { createSubscriber } from 'svelte/reactivity';
import type { ChartExport } from './export.ts';

class CurrentChart {
  #held: ChartExport | null = null;
  #changed: () => void = () => undefined;
  readonly #subscribe = createSubscriber((update) => {
    this.#changed = update;
    return () => (this.#changed = () => undefined);
  });

  /** An effect that reads it runs again when another chart comes to the front. */
  get chart(): ChartExport | null {
    this.#subscribe();
    return this.#held;
  }

  /** For a view's effect: offers the chart for as long as its view is there. */
  show(chart: ChartExport): () => void {
    this.#held = chart;
    this.#changed();
    return () => {
      if (this.#held !== chart) return;
      this.#held = null;
      this.#changed();
    };
  }
}

export const currentChart = new CurrentChart();
