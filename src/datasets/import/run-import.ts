/** Runs an import in a thread: progress, result and cancellation. */
import { basename } from 'node:path';
import { GalapagosError } from '../../core/errors.ts';
import { startThread } from '../../runtime/start-thread.ts';
import { mismatch } from '../dataset-error.ts';
import { sourceName, type Source } from '../sources/several.ts';
import type { Imported } from './import-dataset.ts';
import type { ThreadInput, ThreadMessage } from './import-thread.ts';
import { ImportCancelled, type ImportOptions, type ImportProgress } from './options.ts';

export interface RunRequest extends Source {
  readonly options: ImportOptions;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

/** Milliseconds after which a thread that does not react is terminated. */
const GRACE_MS = 3_000;
/** Limits the thread's own heap far below the memory of an import. */
const LIMITS = { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 16 };

/**
 * @param staging an existing, empty folder. @throws DatasetError, by its code and data;
 *   ImportCancelled
 */
export function runImport(
  { paths, as, options, signal, onProgress }: RunRequest,
  staging: string,
): Promise<Imported> {
  const stop = new SharedArrayBuffer(4);
  const input: ThreadInput = { paths, as, staging, options, stop };
  const thread = startThread(import.meta.url, 'import-thread', {
    workerData: input,
    resourceLimits: LIMITS,
  });
  return new Promise<Imported>((resolve, reject) => {
    let ending: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      Atomics.store(new Int32Array(stop), 0, 1);
      ending = setTimeout(() => void thread.terminate(), GRACE_MS);
    };
    signal.addEventListener('abort', cancel, { once: true });
    if (signal.aborted) cancel();
    let answer = (): void =>
      reject(
        signal.aborted ? new ImportCancelled() : new Error('the import ended without an answer'),
      );
    thread.on('message', (message: ThreadMessage) => {
      if (message.type === 'progress') onProgress(message.progress);
      else if (message.type === 'imported') answer = () => resolve(message.imported);
      else if (message.type === 'cancelled') answer = () => reject(new ImportCancelled());
      else if (message.code === null) answer = () => reject(new Error(message.message));
      else {
        const { code, message: words, data } = message;
        answer = () => reject(new GalapagosError(code, words, data));
      }
    });
    thread.on(
      'error',
      (error) => (answer = () => reject(withFileName(error, basename(sourceName({ paths, as }))))),
    );
    // Only after the thread has ended, because the caller may remove the folder that the thread
    // wrote to.
    thread.on('exit', () => {
      clearTimeout(ending);
      signal.removeEventListener('abort', cancel);
      answer();
    });
  });
}

function withFileName(error: Error, file: string): Error {
  if (!('code' in error) || error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
  return mismatch(
    file,
    null,
    'data that can be read piece by piece',
    'too much in one piece for the memory an import may take',
  );
}
