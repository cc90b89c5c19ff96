/**
 * One window's feed of the lab: everything first, then each changed field a few times a second; of
 * attempts and gaps the new ones.
 */
import { basename } from 'node:path';
import type { Feed, StreamMessage } from '../../protocol/endpoint.ts';
import type { LabBody, SlotRow } from '../../protocol/window/lab-stream.ts';
import type { NodeRow } from '../../protocol/window/nodes.ts';
import type { OtherCalls } from '../calls/calls.ts';
import type { CurrentLab } from '../current-lab.ts';
import { currentSlots, gapRow } from '../projections/slot-rows.ts';
import { foreignRow, studyRow } from '../projections/study-row.ts';
import type { Changes } from './changes.ts';
import { Throttle } from './changes.ts';
import { FeedNumbers } from './feed-numbers.ts';

const EVERY_MS = 100;
const MOST_ATTEMPTS = 1_000;

export interface LabSources {
  readonly current: CurrentLab;
  readonly calls: Pick<OtherCalls, 'imports' | 'datasets' | 'confirms'>;
  readonly importsChanged: Changes;
  readonly datasetsChanged: Changes;
  /** Latest resident memory in bytes, by process id. */
  readonly memory: () => ReadonlyMap<number, number>;
  /** Machines of the lab, this one first. */
  readonly nodes: (slots: readonly SlotRow[]) => NodeRow[];
}

const NOTHING_SENT = { slots: '', nodes: '', sharing: '', refused: '' };
const NOTHING_SEEN = { studies: 0, slots: 0, notes: 0, lab: 0 };

export class LabFeed implements Feed<LabBody> {
  readonly #sources: LabSources;
  readonly #throttle: Throttle;
  readonly #numbers = new FeedNumbers();
  readonly #stops: (() => void)[];
  #unlisten: () => void = () => undefined;
  #seen = { ...NOTHING_SEEN };
  #slots: readonly SlotRow[] = [];
  #attempts = 0;
  #gaps = 0;
  /** Fields as sent last, as JSON. */
  #sent = { ...NOTHING_SENT };
  #imports = true;
  #datasets = true;

  constructor(sources: LabSources, changed: () => void) {
    this.#sources = sources;
    this.#throttle = new Throttle(EVERY_MS, changed);
    this.#stops = [
      sources.current.switched.listen(() => {
        this.#listen();
        this.restart();
      }),
      sources.importsChanged.listen(() => {
        this.#imports = true;
        this.#throttle.ask();
      }),
      sources.datasetsChanged.listen(() => {
        this.#datasets = true;
        this.#throttle.ask();
      }),
    ];
    this.#listen();
  }

  take(): StreamMessage<LabBody> | null {
    const { current, calls } = this.#sources;
    const { view } = current;
    const { snapshot } = this.#numbers;
    if (snapshot) {
      this.#seen = { ...NOTHING_SEEN };
      this.#attempts = 0;
      this.#gaps = 0;
      this.#sent = { ...NOTHING_SENT };
      this.#imports = true;
      this.#datasets = true;
    }
    const body: LabBody = {};
    if (view.versions.lab !== this.#seen.lab) body.lab = this.#lab();
    if (view.versions.studies !== this.#seen.studies) {
      const ours = [...view.studies.values()].map((watch) =>
        studyRow(watch, calls.confirms(watch.study.uid)),
      );
      body.studies = [...ours, ...[...view.foreign.values()].map(foreignRow)];
    }
    if (view.versions.slots !== this.#seen.slots) {
      // Slots are compared after each turn of the scheduler, but rarely change.
      this.#slots = currentSlots(current, this.#sources.memory());
      this.#put(body, 'slots', [...this.#slots]);
    }
    this.#put(body, 'nodes', this.#sources.nodes(this.#slots));
    this.#put(body, 'sharing', current.shared.sharing);
    this.#put(body, 'refused', [...current.shared.refused]);
    if (view.versions.notes !== this.#seen.notes) body.notes = [...view.notes.latest];
    this.#seen = { ...view.versions };
    const { rows, next } = view.attempts.since(this.#attempts, MOST_ATTEMPTS);
    this.#attempts = next;
    if (rows.length > 0) body.attempts = rows;
    if (next < view.attempts.end) this.#throttle.ask();
    const gaps = view.idle.gaps.slice(-Math.max(1, view.idle.ended - this.#gaps));
    if (view.idle.ended > this.#gaps) body.gaps = gaps.map((gap) => gapRow(gap, view.wall));
    this.#gaps = view.idle.ended;
    if (this.#imports) body.imports = [...calls.imports()];
    if (this.#datasets) body.datasets = [...calls.datasets()];
    this.#imports = false;
    this.#datasets = false;
    return Object.keys(body).length === 0 ? null : this.#numbers.message(body);
  }

  restart(): void {
    this.#numbers.snapshot = true;
    this.#throttle.ask();
  }

  close(): void {
    this.#unlisten();
    this.#throttle.close();
    for (const stop of this.#stops) stop();
  }

  #listen(): void {
    this.#unlisten();
    const { view, shared } = this.#sources.current;
    const stops = [
      view.changes.listen(() => this.#throttle.ask()),
      shared.listen(() => this.#throttle.ask()),
    ];
    this.#unlisten = () => {
      for (const stop of stops) stop();
    };
  }

  #lab(): LabBody['lab'] {
    const { current } = this.#sources;
    const { lab, view } = current;
    return {
      file: lab.file,
      name: basename(lab.file),
      interrupted: [...current.interrupted],
      stalled: view.stalled,
      failed: lab.failure?.message ?? null,
      damaged: lab.damage,
      untouched: view.studies.size === 0 && view.foreign.size === 0,
    };
  }

  /** Puts a field into a message, if it differs from the one sent last. */
  #put<Field extends keyof typeof NOTHING_SENT>(
    body: LabBody,
    field: Field,
    value: LabBody[Field],
  ): void {
    const text = JSON.stringify(value);
    if (text !== this.#sent[field]) body[field] = value;
    this.#sent[field] = text;
  }
}
