/** An import as whoever asks for it sees it: a thread that reads, then the dataset stored under its name; nothing left where it fails. */
import { randomUUID } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { GalapagosError } from '../../../core/errors.ts';
import { BUNDLED_NAMES } from '../catalogue.ts';
import { NAME, readRecord, stagingFolder, store, type About, type StoredDataset } from '../store.ts';
import type { Imported } from './import-dataset.ts';
import type { ThreadInput, ThreadMessage } from './import-thread.ts';
import { ImportCancelled, type ImportOptions, type ImportProgress } from './options.ts';

export interface ImportRequest extends About {
  readonly options: ImportOptions;
  /** Of the imported datasets, absolute; created where it is missing. */
  readonly folder: string;
  /** Takes the name from a dataset that has it. */
  readonly replace: boolean;
  /** Stores nothing: what would be stored is only shown. */
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

export interface Finished {
  readonly imported: Imported;
  /** null: a dry run. */
  readonly stored: StoredDataset | null;
}

/** A thread that does not hear is ended after so long. */
const GRACE_MS = 3_000;
/** Keeps the thread's own heap far below what an import may hold. */
const LIMITS = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

/** @throws DatasetError; GalapagosError `dataset-exists`, `bad-name`; ImportCancelled */
export async function startImport(request: ImportRequest): Promise<Finished> {
  const { folder, name, dryRun, replace } = request;
  if (!dryRun) checkName(folder, name, replace);
  const staging = stagingFolder(folder, process.pid, randomUUID());
  try {
    const imported = await inThread(request, staging);
    if (request.signal.aborted) throw new ImportCancelled();
    return { imported, stored: dryRun ? null : store(folder, staging, imported, request) };
  } finally {
    rmSync(staging, { recursive: true, force: true, maxRetries: 3 });
  }
}

function checkName(folder: string, name: string, replace: boolean): void {
  if (!NAME.test(name))
    throw new GalapagosError(
      'bad-name',
      `a dataset's name: expected letters, digits, ".", "_" and "-", at most 64, found ${JSON.stringify(name)}; give one by --name`,
    );
  if (BUNDLED_NAMES.includes(name)) throw new GalapagosError('dataset-exists', `${name} comes with Galapagos: give another name by --name`);
  if (!replace && readRecord(folder, name) !== null)
    throw new GalapagosError(
      'dataset-exists',
      `there is a dataset ${name} already: give another name by --name, or replace it by --replace`,
    );
}

function inThread({ path, options, signal, onProgress }: ImportRequest, staging: string): Promise<Imported> {
  const stop = new SharedArrayBuffer(4);
  const input: ThreadInput = { path, staging, options, stop };
  const thread = threadOf({ workerData: input, resourceLimits: LIMITS });
  return new Promise<Imported>((resolve, reject) => {
    let ending: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      Atomics.store(new Int32Array(stop), 0, 1);
      ending = setTimeout(() => void thread.terminate(), GRACE_MS);
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    thread.on('message', (message: ThreadMessage) => {
      if (message.type === 'progress') onProgress(message.progress);
      else if (message.type === 'imported') resolve(message.imported);
      else if (message.type === 'cancelled') reject(new ImportCancelled());
      else if (message.code === null) reject(new Error(message.message));
      else reject(new GalapagosError(message.code, message.message, message.data));
    });
    thread.on('error', (error) => reject(told(error)));
    thread.on('exit', () => {
      clearTimeout(ending);
      signal.removeEventListener('abort', cancel);
      // After an answer this changes nothing.
      reject(signal.aborted ? new ImportCancelled() : new Error('the import ended without an answer'));
    });
  });
}

function told(error: Error): Error {
  if (!('code' in error) || error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return new GalapagosError('bad-dataset', 'the import needs more memory than it may take: the file keeps too much in one piece');
}

/** The built thread beside the built entries; the source, through tsx, where this module is one itself. */
function threadOf(options: WorkerOptions): Worker {
  const beside = (path: string): URL => new URL(path, import.meta.url);
  if (import.meta.url.endsWith('.ts')) {
    // A thread does not inherit tsx from its process on every Node. The name is looked up from the working folder.
    const entry = JSON.stringify(beside('./import-thread.ts').href);
    return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${entry}); })`, { ...options, eval: true });
  }
  // What several entries share is built into a folder of its own, below them.
  const built = ['./import-thread.js', '../import-thread.js'].map(beside);
  return new Worker(built.find((url) => existsSync(url)) ?? beside('./import-thread.js'), options);
}
