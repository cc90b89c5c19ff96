/**
 * The chart that is shown, which the export menu offers as an image; null when the view has none.
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

  /** The current chart. An effect that reads it runs again when another chart is shown. */
  get chart(): ChartExport | null {
    this.#subscribe();
    return this.#held;
  }

  /**
   * Registers a chart; returns the function that unregisters it, for the cleanup of the view's
   * effect.
   */
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
