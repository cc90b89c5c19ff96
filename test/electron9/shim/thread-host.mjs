/**
 * A thread of the main process, for Electron 9: a plain Node with the thread as it was built,
 * unlowered, in it. What Electron 9 would run itself on Node 12 runs here on the Node that runs the
 * tests. Messages cross as JSON (`wire.cjs`); it ends with its thread, or with whoever started it.
 */
import { Worker } from 'node:worker_threads';
import { decode, encode } from './wire.cjs';

const post = (message) => process.connected && process.send(message);
let thread;
let stop;
process.on('disconnect', () => process.exit());
process.on('message', ({ start, body, stopped }) => {
  if (stopped) Atomics.store(new Int32Array(stop), 0, 1);
  else if (start) {
    const { file, workerData, resourceLimits } = decode(start);
    stop = workerData?.stop;
    thread = new Worker(new URL(file), { workerData, resourceLimits });
    thread.on('message', (message) => post({ message: encode(message) }));
    thread.on('error', (error) =>
      post({ error: { message: error.message, code: error.code, stack: error.stack } }),
    );
    thread.on('exit', (code) =>
      process.connected ? process.send({ exit: code }, () => process.exit()) : process.exit(),
    );
  } else thread.postMessage(decode(body));
});
