/** The lab as its stream tells it: studies, workers, what ran where, imports, notes. A projection: nothing is decided here. */
import type { AttemptRow, GapRow, ImportRow, LabBody, SlotRow } from '../../protocol/window/lab-stream.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';

/** Attempts held; older ones are asked for. */
const MOST_ATTEMPTS = 20_000;
const MOST_GAPS = 5_000;

export type LabHead = NonNullable<LabBody['lab']>;
export type Note = NonNullable<LabBody['notes']>[number];

export class LabState {
  /** Null: not heard of yet. */
  head = $state.raw<LabHead | null>(null);
  studies = $state.raw<readonly StudyRow[]>([]);
  slots = $state.raw<readonly SlotRow[]>([]);
  imports = $state.raw<readonly ImportRow[]>([]);
  datasets = $state.raw<readonly string[]>([]);
  notes = $state.raw<readonly Note[]>([]);
  /** When workers had nothing to do, in the order that these ended. */
  gaps = $state.raw<readonly GapRow[]>([]);
  readonly #attempts = new Map<string, AttemptRow>();
  #attemptsVersion = $state(0);

  /** By id, oldest first. */
  get attempts(): ReadonlyMap<string, AttemptRow> {
    // Read so that whoever draws them hears of the next: the map itself is not observed.
    return this.#attemptsVersion < 0 ? new Map() : this.#attempts;
  }

  apply(body: LabBody, snapshot: boolean): void {
    if (body.lab !== undefined) this.head = body.lab;
    if (body.studies !== undefined) this.studies = body.studies;
    if (body.slots !== undefined) this.slots = body.slots;
    if (body.imports !== undefined) this.imports = body.imports;
    if (body.datasets !== undefined) this.datasets = body.datasets;
    if (body.notes !== undefined) this.notes = body.notes;
    if (snapshot) this.gaps = body.gaps ?? [];
    else if (body.gaps !== undefined) this.gaps = [...this.gaps, ...body.gaps].slice(-MOST_GAPS);
    if (snapshot) this.#attempts.clear();
    if (body.attempts !== undefined || snapshot) this.#lay(body.attempts ?? []);
  }

  study(key: string): StudyRow | undefined {
    return this.studies.find((study) => study.key === key);
  }

  #lay(rows: readonly AttemptRow[]): void {
    for (const row of rows) this.#attempts.set(row.id, row);
    for (const [id, { to }] of this.#attempts) {
      if (this.#attempts.size <= MOST_ATTEMPTS) break;
      if (to !== null) this.#attempts.delete(id);
    }
    this.#attemptsVersion += 1;
  }
}
