/**
 * Tests entries, which run when they are loaded: no other module may load one to reach shared code,
 * because a worker would then run the command line.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import config from '../../electron.vite.config.ts';
import { built } from '../support/built-command.ts';

const main = fileURLToPath(new URL('../../out/main/', import.meta.url));
/** Entry → its source. */
const entries = Object.entries(
  (config as { main: { build: { rolldownOptions: { input: Record<string, string> } } } }).main.build
    .rolldownOptions.input,
);

beforeAll(built);

it.each(entries)('Entries: %s loads no other entry', (name, source) => {
  const sources = entries.map(([, path]) => path);
  const loaded = [...reachableFrom(`${name}.js`)].flatMap(([, code]) =>
    sources.filter((path) => code.includes(`\n// ${path}\n`) || code.startsWith(`// ${path}\n`)),
  );
  expect([...new Set(loaded)]).toEqual([source]);
});

it('Entries: the thread of an import, which may be terminated, loads no module whose termination aborts the process', () => {
  const loaded = [...reachableFrom('import-thread.js').values()].join('\n');
  expect(loaded).toContain('// src/datasets/import/import-thread.ts\n');
  expect(loaded).not.toMatch(/["']libsql["']/);
});

it('Entries: the command line loads neither the schema library nor a command before it knows the command', () => {
  const loaded = [...reachableFrom('cli.js', IMPORTED_AT_ONCE).values()].join('\n');
  expect(loaded).toContain('// src/cli/program.ts\n');
  expect(loaded).not.toMatch(/^import .*["'](?:log-update|libsql)["']/m);
  expect(loaded).not.toContain('// node_modules/zod/');
  expect(loaded).not.toContain('// src/cli/commands/');
});

it('what a server starts with is built in, since looking up a package of many files takes longer than running it', () => {
  const loaded = ['cli.js', 'read-thread.js', 'worker.js'].flatMap((entry) => [
    ...reachableFrom(entry).values(),
  ]);
  expect(loaded.join('\n')).toContain('// node_modules/zod/');
  expect(loaded.join('\n')).not.toMatch(
    /^import .*["'](?:zod|ws|commander|picocolors|@msgpack\/msgpack)["']/m,
  );
});

const IMPORTED_AT_ONCE = /(?:from |^import )["'](\.[^"']+\.js)["']/gm;
const IMPORTED_EVER = /(?:from |import |import\()["'](\.[^"']+\.js)["']/g;

/** Built modules by their path in out/main, with their code. */
function reachableFrom(entry: string, imports = IMPORTED_EVER): Map<string, string> {
  const found = new Map<string, string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    // Examples in a package's comments import nothing.
    const code = readFileSync(join(main, file), 'utf8').replaceAll(/^\s*\*.*$/gm, '');
    found.set(file, code);
    for (const [, path = ''] of code.matchAll(imports))
      waiting.push(normalize(join(dirname(file), path)));
  }
  return found;
}
