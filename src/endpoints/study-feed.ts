/** One window's view of one study: its head, then its trials in blocks, newest first, then what changes. */
import type { Feed, StreamMessage } from '../protocol/endpoint.ts';
import type { StudyBody } from '../protocol/window/study-stream.ts';
import type { CurrentLab } from './current-lab.ts';
import { DirtyRows } from './dirty-rows.ts';
import { FeedNumbers } from './feed-numbers.ts';
import { CurveReading } from './kept-curves.ts';
import type { StudyProjection } from './study-projection.ts';
import { foreignHead, studyHead } from './study-row.ts';

/** Rows or reports in one message. */
const MOST_ROWS = 4_096;
/** How often a running study's times are told again. */
const HEAD_MS = 1_000;

interface Watched {
  readonly projection: StudyProjection;
  readonly curves: CurveReading;
  readonly end: () => void;
}

export class StudyFeed implements Feed<StudyBody> {
  readonly #current: CurrentLab;
  readonly #key: string;
  readonly #changed: () => void;
  readonly #confirms: (study: string) => string | null;
  readonly #numbers = new FeedNumbers();
  readonly #dirty = new DirtyRows();
  readonly #stop: () => void;
  #watched: Watched | null;
  #headChanged = true;
  #loaded: number | null = null;
  #again: NodeJS.Timeout | null = null;

  /** @throws GalapagosError unknown-study */
  constructor(current: CurrentLab, key: string, changed: () => void, confirms: (study: string) => string | null) {
    this.#current = current;
    this.#key = key;
    this.#changed = changed;
    this.#confirms = confirms;
    this.#watched = this.#watch();
    this.#stop = current.switched.listen(() => {
      this.#leave();
      this.restart();
    });
  }

  take(): StreamMessage<StudyBody> | null {
    const { projection, curves } = (this.#watched ??= this.#watch());
    const snapshot = this.#numbers.snapshot;
    if (snapshot) this.#markAll(projection);
    const body: StudyBody = {};
    if (this.#headChanged) {
      const head = this.#head(projection);
      if (head !== null) body.head = head;
    }
    this.#headChanged = false;
    const rows = this.#dirty.take(MOST_ROWS);
    if (rows.length > 0) body.trials = projection.rows.block(rows);
    const { block, more } = curves.take(MOST_ROWS);
    if (block !== null) body.reports = block;
    if (projection.loaded !== this.#loaded) body.loaded = projection.loaded ?? projection.rows.known;
    this.#loaded = projection.loaded;
    if (more || this.#dirty.count > 0) this.#changed();
    return snapshot || Object.keys(body).length > 0 ? this.#numbers.message(body) : null;
  }

  restart(): void {
    this.#numbers.snapshot = true;
    this.#changed();
  }

  close(): void {
    this.#stop();
    this.#leave();
  }

  #markAll(projection: StudyProjection): void {
    this.#dirty.clear();
    for (let number = 0; number < projection.rows.size; number++) if (projection.rows.state(number) !== null) this.#dirty.mark(number);
    this.#watched?.curves.restart();
    this.#headChanged = true;
    this.#loaded = null;
  }

  #head(projection: StudyProjection): StudyBody['head'] | null {
    const { view } = this.#current;
    const watch = view.studies.get(this.#key);
    if (watch === undefined) {
      const foreign = view.foreign.get(this.#key);
      return foreign === undefined ? null : foreignHead(foreign, projection);
    }
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again = watch.study.activeSince === null ? null : setTimeout(() => this.#askHead(), HEAD_MS).unref();
    return studyHead(watch, view, projection, this.#confirms(this.#key));
  }

  #askHead(): void {
    this.#headChanged = true;
    this.#changed();
  }

  #watch(): Watched {
    const { view, projections } = this.#current;
    const { projection, leave } = projections.watch(this.#key);
    const unhear = projection.listen({
      row: (number) => {
        this.#dirty.mark(number);
        this.#changed();
      },
      other: () => this.#askHead(),
    });
    const unlisten = view.lab.listen({
      show: (study) => {
        if (study === this.#key) this.#askHead();
      },
      failed: () => this.#askHead(),
    });
    const unreplace = projections.replaced.listen(() => {
      this.#leave();
      this.restart();
    });
    const unforeign = view.foreignChanged.listen(() => this.#askHead());
    const end = (): void => {
      leave();
      unhear();
      unlisten();
      unreplace();
      unforeign();
    };
    return { projection, curves: new CurveReading(projection.curves), end };
  }

  #leave(): void {
    this.#watched?.end();
    this.#watched = null;
    this.#dirty.clear();
    if (this.#again !== null) clearTimeout(this.#again);
  }
}
