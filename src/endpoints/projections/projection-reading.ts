/**
 * Position of one client in a study's projection: changed rows, curves, loading progress. Bounded,
 * however slow the client is.
 */
import type { StudyBody } from '../../protocol/window/study-stream.ts';
import { DirtyRows } from './dirty-rows.ts';
import { CurveReading } from './kept-curves.ts';
import type { StudyProjection } from './study-projection.ts';

/** Greatest number of rows or reports in one message. */
export const MOST_ROWS = 4_096;

export class ProjectionReading {
  readonly #projection: StudyProjection;
  readonly #dirty = new DirtyRows();
  readonly #curves: CurveReading;
  readonly #stop: () => void;
  #loaded: number | null = null;

  /**
   * @param changed called when rows or curves have changed
   * @param other called when the names of codes or the loading progress may have changed
   */
  constructor(projection: StudyProjection, changed: () => void, other: () => void) {
    this.#projection = projection;
    this.#curves = new CurveReading(projection.curves);
    this.#stop = projection.listen({
      row: (number) => {
        this.#dirty.mark(number);
        changed();
      },
      other,
    });
    this.restart();
  }

  /** Marks everything as unsent. */
  restart(): void {
    const { rows } = this.#projection;
    this.#dirty.clear();
    for (let number = 0; number < rows.size; number++)
      if (rows.state(number) !== null) this.#dirty.mark(number);
    this.#curves.restart();
    this.#loaded = null;
  }

  /**
   * Adds the changes that the client does not have, newest trials first. @returns whether there is
   * more
   */
  takeInto(body: StudyBody): boolean {
    const { rows, loaded } = this.#projection;
    const numbers = this.#dirty.take(MOST_ROWS);
    if (numbers.length > 0) body.trials = rows.block(numbers);
    const { block, more } = this.#curves.take(MOST_ROWS);
    if (block !== null) body.reports = block;
    // Rows that were read but not sent do not count as loaded for the client.
    const unsent = this.#dirty.count;
    const sent = loaded === null && unsent === 0 ? null : (loaded ?? rows.known) - unsent;
    if (sent !== this.#loaded) body.loaded = sent ?? rows.known;
    this.#loaded = sent;
    return more || unsent > 0;
  }

  close(): void {
    this.#stop();
  }
}
