/**
 * Actions of the current view for keys and commands; null when they are not available. A view sets
 * them while it is mounted.
 */
export class ViewActs {
  /** Resets the zoom. */
  fit = $state.raw<(() => void) | null>(null);
  /** Toggles between the chart and its table. */
  table = $state.raw<(() => void) | null>(null);

  /** True if the current study is being renamed, or its note edited. */
  renaming = $state(false);
  noting = $state(false);

  /**
   * Registers actions, for a view's effect.
   * @returns a function that removes them
   */
  offer(acts: { readonly fit?: () => void; readonly table?: () => void }): () => void {
    this.fit = acts.fit ?? null;
    this.table = acts.table ?? null;
    return () => {
      if (this.fit === acts.fit) this.fit = null;
      if (this.table === acts.table) this.table = null;
    };
  }
}
