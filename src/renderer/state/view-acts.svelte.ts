/**
 * What the view in front can do for a key or a command; null: it can't. A view sets these while it
 * is shown.
 */
export class ViewActs {
  /** Shows everything again. */
  fit = $state.raw<(() => void) | null>(null);
  /** The chart as its table, and back. */
  table = $state.raw<(() => void) | null>(null);

  /** Whether the study in front is being renamed, or its note edited. */
  renaming = $state(false);
  noting = $state(false);

  /** For a view's effect. @returns how to take them back */
  offer(acts: { readonly fit?: () => void; readonly table?: () => void }): () => void {
    this.fit = acts.fit ?? null;
    this.table = acts.table ?? null;
    return () => {
      if (this.fit === acts.fit) this.fit = null;
      if (this.table === acts.table) this.table = null;
    };
  }
}
