/** Entry of the thread that checkpoints a lab file's write-ahead log on request. */
import { parentPort, workerData } from 'node:worker_threads';
import { END_THREAD } from '../runtime/start-thread.ts';
import { checkpoint } from '../storage/checkpoint.ts';

export interface CheckpointAsk {
  /** True to truncate the log too, which returns its disk space. */
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
    // The log keeps growing until the next checkpoint; the writer sees disk errors itself.
  }
  parentPort?.postMessage(null);
});
