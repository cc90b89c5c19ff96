/**
 * Entry of the thread that an import runs in, so that the window or command line can show progress
 * and cancel.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { ErrorCode } from '../../core/error-codes.ts';
import { GalapagosError } from '../../core/errors.ts';
import type { Source } from '../sources/several.ts';
import { importDataset, type Imported } from './import-dataset.ts';
import { ImportCancelled, type ImportOptions, type ImportProgress } from './options.ts';

export interface ThreadInput extends Source {
  readonly staging: string;
  readonly options: ImportOptions;
  /** Its first word is set to 1 to stop the import. */
  readonly stop: SharedArrayBuffer;
}

export type ThreadMessage =
  | { readonly type: 'progress'; readonly progress: ImportProgress }
  | { readonly type: 'imported'; readonly imported: Imported }
  | { readonly type: 'cancelled' }
  /** `code`: the data are invalid; null: an internal error. */
  | {
      readonly type: 'failed';
      readonly code: ErrorCode | null;
      readonly message: string;
      readonly data: Readonly<Record<string, unknown>>;
    };

const { paths, as, staging, options, stop } = workerData as ThreadInput;
const stopping = new Int32Array(stop);
const say = (message: ThreadMessage): void => parentPort?.postMessage(message);

// Some work, such as compiling WebAssembly, does not keep a thread alive by itself.
const alive = setInterval(() => undefined, 1000);
try {
  const imported = await importDataset({ paths, as }, staging, options, {
    progress: (progress) => say({ type: 'progress', progress }),
    cancelled: () => Atomics.load(stopping, 0) === 1,
    now: () => performance.now(),
  });
  say({ type: 'imported', imported });
} catch (error) {
  if (error instanceof ImportCancelled) say({ type: 'cancelled' });
  else if (error instanceof GalapagosError)
    say({ type: 'failed', code: error.code, message: error.message, data: error.data });
  else
    say({
      type: 'failed',
      code: null,
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
      data: {},
    });
} finally {
  clearInterval(alive);
}
