/**
 * Starts one of the program's threads, from source, from the build or from the packed archive, and
 * ends it cleanly.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * @param module `import.meta.url` of the caller; the entry's source lies beside it
 * @param entry name of the build entry, without extension
 */
export function startThread(module: string, entry: string, options: WorkerOptions = {}): Worker {
  if (module.endsWith('.ts')) {
    const built = builtForSources(entry);
    if (built !== null) return new Worker(built, options);
    // A thread inherits tsx from its process only on some Node versions. The name is resolved from
    // the working folder.
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
 * The built entry that a source module starts instead of the entry's source; null: the source.
 * `GALAPAGOS_BUILT_ENTRIES` names the folder. The tests set it: a process or thread that compiles
 * its sources with tsx needs 1.0 s of CPU to start, a built one 0.2 s.
 */
export function builtForSources(entry: string): URL | null {
  const folder = process.env['GALAPAGOS_BUILT_ENTRIES'] ?? '';
  return folder === '' ? null : pathToFileURL(join(folder, `${entry}.js`));
}

/**
 * Candidate paths of a built entry: beside the built module or above it, since code shared by
 * several entries is built into a folder of its own. Outside the packed archive, because only
 * Electron's main thread can read inside it.
 */
export function builtEntries(module: string, entry: string): readonly [beside: URL, above: URL] {
  const outside = module.replace('/app.asar/', '/app.asar.unpacked/');
  return [new URL(`./${entry}.js`, outside), new URL(`../${entry}.js`, outside)];
}

/**
 * Message that asks a thread to end. The thread closes its port after finishing its current work.
 */
export const END_THREAD = 'end';

/**
 * Ends a thread that understands `END_THREAD` and waits for it. `terminate()` must not be used for
 * a thread that reads a lab file: the exception that ends the thread would be thrown into libsql's
 * native code and abort the whole process.
 */
export function endThread(thread: Worker): Promise<void> {
  return new Promise((resolve) => {
    thread.once('exit', () => resolve());
    thread.ref();
    thread.postMessage(END_THREAD);
  });
}
