/**
 * Filter and sort order of a study's table of trials. They belong to the table and not to the view,
 * so that they survive a look at another tab; they end with the study's state.
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
  /** States whose trials are left out. */
  hiddenKinds = $state.raw<ReadonlySet<Kind>>(new Set());
  /** The first key decides, the next among equals. */
  sorting = $state.raw<readonly Sorting[]>([{ name: 'number', down: true }]);

  /**
   * Whether the query or a state leaves trials out; ranges brushed in other views are the
   * selection's.
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

/** Returns the search of a table, the same object each time. */
export function searchOf(table: TrialTable): TrialSearch {
  const held = searches.get(table) ?? new TrialSearch();
  searches.set(table, held);
  return held;
}
