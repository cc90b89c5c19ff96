/**
 * Compiles scripts that tests run as processes. A process that compiles its sources with tsx needs
 * 0.7 s of CPU to start.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';

const folder = fileURLToPath(new URL('../../out/scripts/', import.meta.url));

/**
 * Bundles a script of this folder.
 * @param name file name of the script, with its extension
 * @returns the absolute path of a module that Node runs
 */
export function compiledScript(name: string): string {
  const script = fileURLToPath(new URL(`./${name}`, import.meta.url));
  const { outputFiles } = buildSync({
    entryPoints: [script],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    // The modules still count as sources, so that threads start as `builtForSources` says.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(script).href) },
  });
  const [output] = outputFiles;
  if (output === undefined) throw new Error(`${name} compiled to nothing`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, basename(name, '.ts') + '.mjs');
  // Several test files may compile the same script at once.
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, output.contents);
  renameSync(draft, file);
  return file;
}
