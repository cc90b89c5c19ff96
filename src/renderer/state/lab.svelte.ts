/**
 * Projection of the lab's stream: studies, workers, attempts, imports, notes. Makes no decisions.
 */
import type {
  AttemptRow,
  GapRow,
  ImportRow,
  LabBody,
  SlotRow,
} from '../../protocol/window/lab-stream.ts';
import type { NodeRow, RefusedRow, Sharing } from '../../protocol/window/nodes.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import { THIS_NODE, slotName } from '../../core/device.ts';
import { AttemptLog } from './attempt-log.ts';

/** Maximum number of attempts in memory, including requested ones. */
const MOST_ATTEMPTS = 40_000;
const MOST_GAPS = 5_000;

export type LabHead = NonNullable<LabBody['lab']>;
export type Note = NonNullable<LabBody['notes']>[number];

export class LabState {
  /** Null before the first message. */
  head = $state.raw<LabHead | null>(null);
  studies = $state.raw<readonly StudyRow[]>([]);
  slots = $state.raw<readonly SlotRow[]>([]);
  /** This machine first. */
  nodes = $state.raw<readonly NodeRow[]>([]);
  sharing = $state.raw<Sharing | null>(null);
  refused = $state.raw<readonly RefusedRow[]>([]);
  /** Names of nodes by id. */
  readonly nodeNames = $derived(new Map(this.nodes.map(({ id, name }) => [id, name])));
  imports = $state.raw<readonly ImportRow[]>([]);
  datasets = $state.raw<readonly string[]>([]);
  notes = $state.raw<readonly Note[]>([]);
  /** Idle intervals of workers, in the order of their ends. */
  gaps = $state.raw<readonly GapRow[]>([]);
  readonly #attempts = new AttemptLog(MOST_ATTEMPTS);
  #attemptsVersion = $state(0);

  get attempts(): AttemptLog {
    // Reading the version subscribes the caller; the log itself is not reactive.
    return this.#attemptsVersion < 0 ? new AttemptLog(0) : this.#attempts;
  }

  apply(body: LabBody, snapshot: boolean): void {
    if (snapshot && body.lab?.file !== this.head?.file) this.#attempts.clear();
    if (body.lab !== undefined) this.head = body.lab;
    if (body.studies !== undefined) this.studies = body.studies;
    if (body.slots !== undefined) this.slots = body.slots;
    if (body.nodes !== undefined) this.nodes = body.nodes;
    if (body.sharing !== undefined) this.sharing = body.sharing;
    if (body.refused !== undefined) this.refused = body.refused;
    if (body.imports !== undefined) this.imports = body.imports;
    if (body.datasets !== undefined) this.datasets = body.datasets;
    if (body.notes !== undefined) this.notes = body.notes;
    if (snapshot) this.gaps = body.gaps ?? [];
    else if (body.gaps !== undefined) this.gaps = [...this.gaps, ...body.gaps].slice(-MOST_GAPS);
    if (snapshot) this.#attempts.restart();
    if (body.attempts !== undefined || snapshot) {
      this.#attempts.merge(body.attempts ?? []);
      this.#attemptsVersion += 1;
    }
  }

  /** Studies that are not deleted. */
  get listed(): readonly StudyRow[] {
    return this.studies.filter(({ deleted }) => !deleted);
  }

  /** Other machines of the lab. */
  get others(): readonly NodeRow[] {
    return this.nodes.filter(({ id }) => id !== THIS_NODE);
  }

  /** `CPU 3`, `GPU 0 on PIXEL`. */
  slotName(slot: string): string {
    return slotName(slot, this.nodeNames);
  }

  study(key: string): StudyRow | undefined {
    return this.studies.find((study) => study.key === key);
  }

  /** Adds older attempts from the lab file. */
  remember(older: readonly AttemptRow[]): void {
    this.#attempts.remember(older);
    this.#attemptsVersion += 1;
  }
}
