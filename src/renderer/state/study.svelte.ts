/** Projection of a study's stream: its head, its trials, and the number of trials loaded so far. */
import type { StudyBody, StudyHead } from '../../protocol/window/study-stream.ts';
import type { EndpointFailure } from '../failure.ts';
import { TrialTable } from './trial-table.ts';

export class StudyState {
  readonly key: string;
  /** Null before the first message. */
  head = $state.raw<StudyHead | null>(null);
  readonly table = new TrialTable(0);
  /** Number of trials loaded from the lab file so far; null when all are loaded. */
  loaded = $state<number | null>(null);
  /** Null without a failure. */
  failure = $state.raw<EndpointFailure | null>(null);

  constructor(key: string) {
    this.key = key;
  }

  apply({ head, trials, reports, loaded }: StudyBody, snapshot: boolean): void {
    const { parameters = [], objectives = [] } = head ?? this.head ?? {};
    const isWide =
      parameters.length === this.table.width && objectives.length === this.table.objectives;
    if (snapshot || !isWide) this.table.clear(parameters.length, objectives.length);
    if (head !== undefined) this.head = head;
    if (trials !== undefined) this.table.merge(trials);
    if (reports !== undefined) this.table.report(reports);
    const of = this.head?.trials ?? 0;
    if (loaded !== undefined) this.loaded = loaded < of ? loaded : null;
    else if (snapshot) this.loaded = null;
  }
}
