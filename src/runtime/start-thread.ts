/**
 * Starts a thread of ours, from its source, as it was built or as it was packed, and lets it end.
 */
import { existsSync } from 'node:fs';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * @param module `import.meta.url` of who asks: the entry's source lies beside it
 * @param entry its name, without an ending: it is an entry of the build
 */
export function startThread(module: string, entry: string, options: WorkerOptions = {}): Worker {
  if (module.endsWith('.ts')) {
    // A thread does not inherit tsx from its process on every Node. The name is looked up from the
    // working folder.
    const source = JSON.stringify(new URL(`./${entry}.ts`, module).href);
    return new Worker(
      `import('tsx/esm/api').then(({ register }) => { register(); return import(${source}); })`,
      {
        ...options,
        eval: true,
      },
    );
  }
  const [beside, above] = builtEntries(module, entry);
  return new Worker(existsSync(beside) ? beside : above, options);
}

/**
 * Beside the built module, or above it: what several entries share is built into a folder of its
 * own. Out of the packed archive, since a thread is a Node of its own, and only Electron's main
 * thread is sure to see into one.
 */
export function builtEntries(module: string, entry: string): readonly [beside: URL, above: URL] {
  const outside = module.replace('/app.asar/', '/app.asar.unpacked/');
  return [new URL(`./${entry}.js`, outside), new URL(`../${entry}.js`, outside)];
}

/** Asks a thread to end. It closes its port when it has done what it is at. */
export const END_THREAD = 'end';

/**
 * Has a thread that understands `END_THREAD` end, and waits until it has. `terminate()` is not for
 * a thread that reads a lab file: the exception by which it ends a thread, thrown into libsql's
 * native code, aborts the whole process.
 */
export function endThread(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    thread.once('exit', () => resolve());
    thread.ref();
    thread.postMessage(END_THREAD);
  });
}
