/**
 * Projections of the studies that windows watch, one for each study, kept for a while after the
 * last watcher left.
 */
import { GalapagosError } from '../../core/errors.ts';
import { trialsOf } from '../../core/scheduling/index.ts';
import { Changes } from '../feeds/changes.ts';
import type { FileReading } from '../reading/file-reading.ts';
import type { LabView } from './lab-view.ts';
import { StudyProjection } from './study-projection.ts';
import type { StudyWatch } from './study-watch.ts';

/** Milliseconds that an unwatched projection is kept. */
const LINGER = 30_000;

interface Kept {
  readonly projection: StudyProjection;
  watchers: number;
  /** Trials with smaller numbers are known to exist. */
  born: number;
  forget: NodeJS.Timeout | null;
  /** Stops reading the file. */
  stop: () => void;
}

export class Projections {
  /** Notifies that a study's projection was replaced; watchers start again. */
  readonly replaced = new Changes();
  readonly #view: LabView;
  readonly #reading: FileReading;
  readonly #kept = new Map<string, Kept>();
  readonly #stop: () => void;
  /** The study that is read ahead; null once a window has asked for a study. */
  #ahead: string | null = null;
  #closed = false;

  constructor(view: LabView, reading: FileReading) {
    this.#view = view;
    this.#reading = reading;
    const unforeign = view.foreignChanged.listen(() => this.#readForeign());
    const unlisten = view.lab.listen({
      show: (uid, change) => {
        const kept = this.#kept.get(uid);
        if (kept === undefined) return;
        kept.projection.observe(change, Date.now(), this.#historyLength(uid, change));
      },
      turned: () => {
        for (const [uid, kept] of this.#kept) this.#bear(uid, kept);
      },
    });
    this.#stop = () => {
      unforeign();
      unlisten();
    };
  }

  /**
   * @returns the projection and a function that ends watching
   * @throws GalapagosError unknown-study
   */
  watch(key: string): { readonly projection: StudyProjection; readonly leave: () => void } {
    this.#stopAhead(key);
    const kept = this.#kept.get(key) ?? this.#open(key);
    kept.watchers += 1;
    if (kept.forget !== null) clearTimeout(kept.forget);
    kept.forget = null;
    let left = false;
    const leave = (): void => {
      if (left) return;
      left = true;
      kept.watchers -= 1;
      if (kept.watchers > 0 || this.#kept.get(key) !== kept) return;
      kept.forget = setTimeout(() => this.#forget(key, kept), LINGER).unref();
    };
    return { projection: kept.projection, leave };
  }

  /**
   * Reads the trials of the study that a window shows first, a running one or the latest, so that
   * they are in memory when a window opens.
   */
  readAhead(): void {
    if (this.#closed || this.#kept.size > 0) return;
    let first: StudyWatch | null = null;
    for (const watch of this.#view.studies.values())
      if (!watch.study.deleted && (first === null || rank(watch) >= rank(first))) first = watch;
    if (first === null) return;
    const { uid } = first.study;
    this.watch(uid).leave();
    this.#ahead = uid;
  }

  /** Ends reading ahead when a window asks for another study first. */
  #stopAhead(key: string): void {
    const ahead = this.#ahead ?? key;
    this.#ahead = null;
    const kept = this.#kept.get(ahead);
    if (ahead === key || kept === undefined || kept.watchers > 0) return;
    if (kept.projection.loaded !== null) this.#forget(ahead, kept);
  }

  #forget(key: string, kept: Kept): void {
    if (kept.forget !== null) clearTimeout(kept.forget);
    kept.stop();
    this.#kept.delete(key);
  }

  close(): void {
    this.#closed = true;
    this.#stop();
    for (const [key, kept] of this.#kept) this.#forget(key, kept);
  }

  #open(key: string): Kept {
    const study = this.#view.studies.get(key)?.study;
    const parameters =
      study === undefined
        ? this.#view.foreign.get(key)?.parameters
        : Object.keys(study.spec.searchSpace);
    if (parameters === undefined)
      throw new GalapagosError('unknown-study', `there is no study ${key} in this lab`, {
        study: key,
      });
    const projection = new StudyProjection({
      parameters: parameters.length,
      objectives: study?.spec.objectives?.length ?? 0,
    });
    const kept: Kept = { projection, watchers: 0, born: 0, forget: null, stop: () => undefined };
    this.#kept.set(key, kept);
    this.#bear(key, kept);
    this.#read(key, kept);
    return kept;
  }

  /** Reads the study from the file. Changes received meanwhile take precedence. */
  #read(key: string, kept: Kept): void {
    const { projection } = kept;
    projection.loaded = 0;
    kept.stop = this.#reading.rows(key, {
      rows: ({ block, names, read }) => projection.merge(block, names, read),
      curve: ({ trial, attemptNumber, steps, values }) =>
        projection.mergeCurve(trial, attemptNumber, steps, values),
      end: (error) => {
        if (error !== null) this.#view.note('unreadable', { study: key, error });
        projection.allMerged();
      },
    });
  }

  #readForeign(): void {
    for (const [key, kept] of this.#kept) {
      const foreign = this.#view.foreign.get(key);
      if (foreign === undefined) continue;
      kept.stop();
      if (foreign.parameters.length === kept.projection.rows.parameters) this.#read(key, kept);
      else {
        this.#kept.delete(key);
        this.replaced.notify();
      }
    }
  }

  /** Adds trials that wait for their first attempt, for which there is no notification. */
  #bear(uid: string, kept: Kept): void {
    const study = this.#view.studies.get(uid)?.study;
    if (study === undefined) return;
    const trials = trialsOf(study);
    for (; kept.born < trials; kept.born++) {
      const trial = study.open.get(kept.born);
      if (trial !== undefined) kept.projection.born(kept.born, trial);
    }
  }

  #historyLength(
    uid: string,
    change: {
      readonly kind: string;
      readonly number?: number;
      readonly attempt?: { readonly number: number } | null;
    },
  ): number {
    const number = change.number ?? change.attempt?.number;
    return number === undefined
      ? 0
      : (this.#view.studies.get(uid)?.study.columns.historyLength(number) ?? 0);
  }
}

/** Orders studies by how likely a window shows them first. */
function rank({ study, created }: StudyWatch): number {
  return study.state === 'running' ? Infinity : (created ?? 0);
}
