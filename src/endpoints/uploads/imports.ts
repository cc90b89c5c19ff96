/**
 * Imports of this application: read in threads, previewed, then stored or discarded. An import is a
 * row of the lab's feed until it is stored, discarded or cancelled.
 */
import { randomUUID } from 'node:crypto';
import { GalapagosError } from '../../core/errors.ts';
import { DEFAULTS, ImportCancelled } from '../../datasets/import/options.ts';
import type { ImportOptions, ImportProgress } from '../../datasets/import/options.ts';
import { prepareImport } from '../../datasets/import/prepare-import.ts';
import type { PreparedImport } from '../../datasets/import/prepare-import.ts';
import { sourceName, type Source } from '../../datasets/sources/several.ts';
import { sweepStaging } from '../../datasets/staging.ts';
import type { EndpointError } from '../../protocol/endpoint.ts';
import type { DatasetPreview } from '../../protocol/window/datasets.ts';
import type { ImportRow } from '../../protocol/window/lab-stream.ts';
import { toEndpointError } from '../calls/errors.ts';
import { toWindowPreview } from './dataset-preview.ts';

/** Least share of an import after which its remaining time is estimated. */
const LEAST_SHARE = 0.02;
const LEAST_MS = 400;

export interface ImportRequest extends Source {
  readonly label: string;
  readonly options: Partial<ImportOptions>;
  /**
   * Called when the source is no longer needed: the import was stored, discarded or cancelled.
   * Until then it may be read again with other options.
   */
  readonly release?: () => void;
}

interface Import {
  readonly id: string;
  readonly request: ImportRequest;
  readonly stop: AbortController;
  /** Releases the source; has no effect once another import has taken over the source. */
  release: () => void;
  readonly done: Promise<void>;
  progress: ImportProgress | null;
  /** Start of its phase, on `now`'s clock. */
  phaseFrom: number;
  prepared: PreparedImport | null;
  error: EndpointError | null;
}

export interface ImportsOptions {
  /** Absolute path of the folder of imported datasets. */
  readonly folder: string;
  /** Rows changed. */
  readonly changed: () => void;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

export class Imports {
  readonly #folder: string;
  readonly #changed: () => void;
  readonly #now: () => number;
  readonly #imports = new Map<string, Import>();

  constructor({ folder, changed, now = () => performance.now() }: ImportsOptions) {
    this.#folder = folder;
    this.#changed = changed;
    this.#now = now;
    void sweepStaging(folder);
  }

  /** Oldest first. */
  rows(): ImportRow[] {
    return [...this.#imports.values()].map((each) => this.#row(each));
  }

  /** @returns its id; its row contains everything else */
  begin(request: ImportRequest): string {
    const { paths, as, options, release = () => undefined } = request;
    const id = randomUUID();
    const stop = new AbortController();
    const preparing = prepareImport({
      paths,
      as,
      // The window does not ask: images of different sizes are scaled, and the preview says so.
      options: { ...DEFAULTS, mixed: 'scale', ...options },
      folder: this.#folder,
      signal: stop.signal,
      onProgress: (progress) => this.#progress(id, progress),
    });
    const done = preparing.then(
      (prepared) => this.#ended(id, prepared),
      (error: unknown) => this.#failed(id, error),
    );
    this.#imports.set(id, {
      id,
      request,
      stop,
      release,
      done,
      progress: null,
      phaseFrom: this.#now(),
      prepared: null,
      error: null,
    });
    this.#changed();
    return id;
  }

  /**
   * Imports the source of an import again with some options changed, and discards the import.
   * @returns the new import's id
   * @throws GalapagosError `unknown-import`
   */
  async again(id: string, change: Partial<ImportOptions>): Promise<string> {
    const known = this.#known(id);
    const { request } = known;
    const next = this.begin({ ...request, options: { ...request.options, ...change } });
    known.release = () => undefined;
    await this.cancel(id);
    return next;
  }

  /**
   * Cancels an import and resolves when it has ended; one that is ready is discarded. @throws
   * GalapagosError `unknown-import`
   */
  async cancel(id: string): Promise<void> {
    const known = this.#known(id);
    known.stop.abort();
    await known.done;
    await this.#forget(known);
  }

  /** @throws GalapagosError `unknown-import`, `import-not-ready` */
  preview(id: string): DatasetPreview {
    const { known, prepared } = this.#ready(id);
    const about = {
      path: sourceName(known.request),
      imported: null,
      again: true,
      same: prepared.same(),
    };
    return toWindowPreview(prepared.preview, about);
  }

  /**
   * Stores an import as a dataset. The samples of a built-in dataset are not stored; the built-in
   * dataset is used instead.
   * @returns the name of the dataset to use
   * @throws GalapagosError `unknown-import`, `import-not-ready`, `bad-name`, `dataset-exists`,
   *   `disk-full`: the call may then be repeated
   */
  async store(id: string, name: string, replace: boolean): Promise<string> {
    const { known, prepared } = this.#ready(id);
    const same = prepared.same();
    const use =
      same?.bundled === true ? same : await prepared.store(name, replace, new Date().toISOString());
    await this.#forget(known);
    return use.name;
  }

  /** Ends all imports and removes partial results. */
  async close(): Promise<void> {
    await Promise.all([...this.#imports.keys()].map((id) => this.cancel(id)));
  }

  #known(id: string): Import {
    const known = this.#imports.get(id);
    if (known === undefined)
      throw new GalapagosError('unknown-import', `there is no import ${JSON.stringify(id)}`, {
        found: id,
      });
    return known;
  }

  #ready(id: string): { known: Import; prepared: PreparedImport } {
    const known = this.#known(id);
    const { prepared, request } = known;
    if (prepared === null)
      throw new GalapagosError('import-not-ready', `${request.label} has not been read yet`, {
        found: id,
      });
    return { known, prepared };
  }

  #progress(id: string, progress: ImportProgress): void {
    const known = this.#imports.get(id);
    if (known === undefined) return;
    if (known.progress?.phase !== progress.phase) known.phaseFrom = this.#now();
    known.progress = progress;
    this.#changed();
  }

  #ended(id: string, prepared: PreparedImport): void {
    const known = this.#imports.get(id);
    if (known === undefined) return;
    known.prepared = prepared;
    this.#changed();
  }

  #failed(id: string, error: unknown): void {
    const known = this.#imports.get(id);
    if (known === undefined || error instanceof ImportCancelled) return;
    known.error = toEndpointError(error);
    this.#changed();
  }

  async #forget(known: Import): Promise<void> {
    this.#imports.delete(known.id);
    this.#changed();
    try {
      await known.prepared?.discard();
    } finally {
      known.release();
    }
  }

  #row(known: Import): ImportRow {
    const { id, request, prepared, progress, error, stop } = known;
    const state =
      error !== null
        ? 'failed'
        : stop.signal.aborted
          ? 'cancelled'
          : prepared !== null
            ? 'ready'
            : 'reading';
    const samples =
      prepared === null
        ? (progress?.samples ?? 0)
        : prepared.preview.training.samples + prepared.preview.test.samples;
    return {
      id,
      label: request.label,
      dropped: [...(request.options.drop ?? [])],
      state,
      phase: state === 'reading' ? (progress?.phase ?? 'reading') : null,
      samples,
      of: prepared === null ? (progress?.of ?? null) : samples,
      bytes: progress?.bytes ?? null,
      leftMs: state === 'reading' ? this.#leftMs(known) : null,
      error,
    };
  }

  /**
   * Remaining milliseconds of its phase at its pace so far; null: too early, or the total is
   * unknown.
   */
  #leftMs({ progress, phaseFrom }: Import): number | null {
    if (progress === null) return null;
    const { samples, of, bytes, ofBytes } = progress;
    const share =
      of !== null
        ? samples / of
        : ofBytes !== null && progress.phase === 'reading'
          ? bytes / ofBytes
          : 0;
    const ms = this.#now() - phaseFrom;
    return share < LEAST_SHARE || ms < LEAST_MS ? null : (ms * Math.max(0, 1 - share)) / share;
  }
}
