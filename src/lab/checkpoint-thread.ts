/** Entry of the thread that moves a lab's log into its file, each time it is asked. */
import { parentPort, workerData } from 'node:worker_threads';
import { END_THREAD } from '../runtime/start-thread.ts';
import { checkpoint } from '../storage/checkpoint.ts';

export interface CheckpointAsk {
  /** Also cut the log off, which gives its space back. */
  readonly truncate: boolean;
}

const { file } = workerData as { readonly file: string };

parentPort?.on('message', (message: unknown) => {
  if (message === END_THREAD) {
    parentPort?.close();
    return;
  }
  try {
    checkpoint(file, (message as CheckpointAsk).truncate);
  } catch {
    // The log grows until the next time; what is wrong with the disk, the writer is told itself.
  }
  parentPort?.postMessage(null);
});
