/**
 * One window's feed of one study: its head, then its trials in blocks, newest first, then changes.
 */
import type { Feed, StreamMessage } from '../../protocol/endpoint.ts';
import type { StudyBody } from '../../protocol/window/study-stream.ts';
import type { CurrentLab } from '../current-lab.ts';
import { ProjectionReading } from '../projections/projection-reading.ts';
import type { StudyProjection } from '../projections/study-projection.ts';
import { foreignHead, studyHead } from '../projections/study-row.ts';
import type { HeadContext } from '../projections/study-row.ts';
import { FeedNumbers } from './feed-numbers.ts';

/** Milliseconds between two updates of a running study's times. */
const HEAD_MS = 1_000;

interface Watched {
  readonly projection: StudyProjection;
  readonly reading: ProjectionReading;
  readonly end: () => void;
}

/** Facts about a study from its dataset. */
type DatasetFacts = Omit<HeadContext, 'confirms'>;

export class StudyFeed implements Feed<StudyBody> {
  readonly #current: CurrentLab;
  readonly #key: string;
  readonly #changed: () => void;
  readonly #confirms: (study: string) => string | null;
  readonly #facts: DatasetFacts;
  readonly #numbers = new FeedNumbers();
  readonly #stop: () => void;
  #watched: Watched | null;
  #headChanged = true;
  #again: NodeJS.Timeout | null = null;

  /** @throws GalapagosError unknown-study */
  constructor(
    current: CurrentLab,
    key: string,
    changed: () => void,
    confirms: (study: string) => string | null,
    facts: DatasetFacts,
  ) {
    this.#current = current;
    this.#key = key;
    this.#changed = changed;
    this.#confirms = confirms;
    this.#facts = facts;
    this.#watched = this.#begin();
    this.#stop = current.switched.listen(() => {
      this.#leave();
      this.restart();
    });
  }

  take(): StreamMessage<StudyBody> | null {
    this.#watched ??= this.#begin();
    if (this.#watched === null) return null;
    const { projection, reading } = this.#watched;
    const { snapshot } = this.#numbers;
    if (snapshot) {
      reading.restart();
      this.#headChanged = true;
    }
    const body: StudyBody = {};
    if (this.#headChanged) {
      const head = this.#head(projection);
      if (head !== null) body.head = head;
    }
    this.#headChanged = false;
    if (reading.takeInto(body)) this.#changed();
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

  #head(projection: StudyProjection): StudyBody['head'] | null {
    const { view } = this.#current;
    const watch = view.studies.get(this.#key);
    if (watch === undefined) {
      const foreign = view.foreign.get(this.#key);
      return foreign === undefined ? null : foreignHead(foreign, projection);
    }
    if (this.#again !== null) clearTimeout(this.#again);
    this.#again =
      watch.study.activeSince === null ? null : setTimeout(() => this.#askHead(), HEAD_MS).unref();
    return studyHead(watch, view, projection, {
      confirms: this.#confirms(this.#key),
      ...this.#facts,
    });
  }

  #askHead(): void {
    this.#headChanged = true;
    this.#changed();
  }

  /**
   * Null: the file has not been read yet, so it is unknown whether another program's study has this
   * name. @throws GalapagosError unknown-study
   */
  #begin(): Watched | null {
    const { view } = this.#current;
    if (view.isForeignLoaded || view.studies.has(this.#key)) return this.#watch();
    void view.foreignLoaded.then(() => this.#changed());
    return null;
  }

  #watch(): Watched {
    const { view, projections } = this.#current;
    const { projection, leave } = projections.watch(this.#key);
    const reading = new ProjectionReading(projection, this.#changed, () => this.#askHead());
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
    const unestimated = view.studies.get(this.#key)?.pace.estimated.listen(() => this.#askHead());
    const end = (): void => {
      leave();
      reading.close();
      unlisten();
      unreplace();
      unforeign();
      unestimated?.();
    };
    return { projection, reading, end };
  }

  #leave(): void {
    this.#watched?.end();
    this.#watched = null;
    if (this.#again !== null) clearTimeout(this.#again);
  }
}
