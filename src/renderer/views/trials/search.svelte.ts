/**
 * Filter and sort order of a study's trials table. They belong to the table instead of the view, so
 * that they survive a change of tabs; they end with the study's state.
 */
import type { TrialTable } from '../../state/trial-table.ts';
import type { ColumnName } from './columns.ts';
import type { Kind } from './kinds.ts';

export interface Sorting {
  readonly name: ColumnName;
  readonly down: boolean;
}

export class TrialSearch {
  /** Query as typed, valid or not. */
  typed = $state('');
  /** States whose trials are hidden. */
  hiddenKinds = $state.raw<ReadonlySet<Kind>>(new Set());
  /** Sort keys by priority. */
  sorting = $state.raw<readonly Sorting[]>([{ name: 'number', down: true }]);

  /**
   * True if the query or a state hides trials; ranges brushed in other views belong to the
   * selection.
   */
  get filters(): boolean {
    return this.typed.trim() !== '' || this.hiddenKinds.size > 0;
  }

  clear(): void {
    this.typed = '';
    this.hiddenKinds = new Set();
  }
}

const searches = new WeakMap<TrialTable, TrialSearch>();

/** The search state of a table, always the same object. */
export function searchOf(table: TrialTable): TrialSearch {
  const held = searches.get(table) ?? new TrialSearch();
  searches.set(table, held);
  return held;
}
