/** One study as its stream tells it: its head, its trials, how much of them has been read. */
import type { StudyBody, StudyHead } from '../../protocol/window/study-stream.ts';
import type { EndpointFailure } from '../failure.ts';
import { TrialTable } from './trial-table.ts';

export class StudyState {
  readonly key: string;
  /** Null: not heard of yet. */
  head = $state.raw<StudyHead | null>(null);
  readonly table = new TrialTable(0);
  /** Trials read from the lab file while that goes on; null: all. */
  loaded = $state<number | null>(null);
  /** Null: it goes well. */
  failure = $state.raw<EndpointFailure | null>(null);

  constructor(key: string) {
    this.key = key;
  }

  apply({ head, trials, reports, loaded }: StudyBody, snapshot: boolean): void {
    const width = (head ?? this.head)?.parameters.length ?? 0;
    if (snapshot || width !== this.table.width) this.table.clear(width);
    if (head !== undefined) this.head = head;
    if (trials !== undefined) this.table.lay(trials);
    if (reports !== undefined) this.table.report(reports);
    const of = this.head?.trials ?? 0;
    if (loaded !== undefined) this.loaded = loaded < of ? loaded : null;
    else if (snapshot) this.loaded = null;
  }
}
