/**
 * Tests the rules of the structure: the real imports follow the table of layers, and there are no
 * cycles.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { builtIn, layers, packages, rendererTiers } from '../../build/layers.mjs';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const resources = fileURLToPath(new URL('../../resources', import.meta.url));
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|svelte)$/.test(name))
  .map((name) => join(src, name));

/** File → what it imports, as absolute paths or package names. Imports of types count. */
function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const text = readFileSync(file, 'utf8');
  const script = file.endsWith('.svelte')
    ? (/<script[^>]*>([\s\S]*?)<\/script>/.exec(text)?.[1] ?? '')
    : text;
  const source = ts.createSourceFile(file, script, ts.ScriptTarget.Latest);
  const found: { target: string; typeOnly: boolean }[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const target = specifier.text.startsWith('.')
      ? resolve(dirname(file), specifier.text)
      : specifier.text;
    found.push({ target, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const graph = new Map(files.map((file) => [file, importsOf(file)]));
const layerOf = (file: string) => relative(src, file).split(/[\\/]/)[0] as keyof typeof layers;

/** All files and packages that are loaded with a file. */
function loadedWith(entry: string): Set<string> {
  const loaded = new Set([entry]);
  for (const file of loaded)
    for (const { target, typeOnly } of graph.get(file) ?? []) if (!typeOnly) loaded.add(target);
  return loaded;
}

/** Threads by the file that starts them with `startThread(import.meta.url, 'entry'`. */
const threads = files.flatMap((starter) => {
  const code = readFileSync(starter, 'utf8');
  return [...code.matchAll(/startThread\(import\.meta\.url, '([^']+)'/g)].map(([, name = '']) => ({
    name,
    code,
    readsLabs: loadedWith(join(dirname(starter), `${name}.ts`)).has('libsql'),
  }));
});

describe('Threads that read lab files', () => {
  it('are asked to end, never terminated and without a resource limit, since that aborts the process within libsql', () => {
    expect(threads.map(({ name, readsLabs }) => [name, readsLabs]).sort()).toEqual([
      ['check-thread', true],
      ['checkpoint-thread', true],
      ['door-thread', false],
      ['import-thread', false],
      ['line-thread', false],
      ['read-thread', true],
      ['sampler-thread', false],
      ['watchdog-thread', false],
      ['work-thread', true],
    ]);
    const ended = threads.filter(({ code }) => /\.terminate\(|resourceLimits/.test(code));
    expect(ended.filter(({ readsLabs }) => readsLabs)).toEqual([]);
    for (const { code, readsLabs } of threads)
      if (readsLabs) expect(code).toMatch(/endThread\(|end: endThread\b/);
  });
});

describe('Lab file: access', () => {
  /**
   * Functions of node:fs that open a file. Closing its descriptor would release the locks that
   * SQLite holds on a lab.
   */
  const OPENING =
    /\b(open|openSync|readFile|readFileSync|writeFile\w*|appendFile\w*|copyFile\w*|cp|cpSync|createReadStream|createWriteStream|truncate\w*)\b/;
  /** Files of the storage layer that open something else, and what. */
  const ALLOWED: Readonly<Record<string, string>> = {
    'holder.ts': 'process tables below /proc',
    'network-file.ts': 'network files, before a lab is opened',
    'private-file.ts': 'new files, exclusively',
    'read-source.ts': 'sources of trials, after `isOpenDatabase` has excluded an open lab',
  };

  it('imports SQLite in the connection only', () => {
    const importers = [...graph].filter(([, imports]) =>
      imports.some(({ target }) => target === 'libsql'),
    );
    expect(importers.map(([file]) => relative(src, file))).toEqual([
      join('storage', 'connection.ts'),
    ]);
  });

  it('opens no file without SQLite in the layers that read labs', () => {
    const offences = files
      .filter(
        (file) =>
          ['storage', 'lab', 'studies', 'documents'].includes(layerOf(file)) &&
          !(basename(file) in ALLOWED),
      )
      .flatMap((file) => {
        const imported = [
          ...readFileSync(file, 'utf8').matchAll(
            /import \{([^}]*)\} from 'node:fs(?:\/promises)?'/g,
          ),
        ];
        return imported.flatMap(([, names = '']) =>
          OPENING.test(names) ? [`${relative(src, file)}: ${names.trim()}`] : [],
        );
      });
    expect(offences).toEqual([]);
  });
});

describe('Imports', () => {
  it('respect the table of layers', () => {
    const offences: string[] = [];
    for (const [file, imports] of graph) {
      const layer = layerOf(file);
      const allowed = new Set<string>([layer, ...layers[layer]]);
      for (const { target } of imports) {
        if (target.startsWith(src)) {
          if (!allowed.has(layerOf(target)))
            offences.push(`${relative(src, file)} imports ${relative(src, target)}`);
        } else if (target.startsWith(resources)) {
          const folders: readonly string[] =
            layer in builtIn ? builtIn[layer as keyof typeof builtIn] : [];
          const isBuiltIn =
            target.endsWith('.json') &&
            folders.some((folder) => dirname(target) === join(resources, folder));
          if (!isBuiltIn) offences.push(`${relative(src, file)} imports ${relative(src, target)}`);
        } else if (
          !packages[layer].some(
            (name: string) =>
              target === name || target.startsWith(name === 'node:' ? name : `${name}/`),
          )
        ) {
          offences.push(`${relative(src, file)} imports ${target}`);
        }
      }
    }
    expect(offences).toEqual([]);
  });

  it('respect the tiers of the window', () => {
    const renderer = join(src, 'renderer');
    const tierOf = (file: string) => relative(renderer, file).split(/[\\/]/)[0] ?? '';
    const tiers: Readonly<Record<string, readonly string[] | undefined>> = rendererTiers;
    const offences = [...graph].flatMap(([file, imports]) => {
      const barred: readonly string[] = file.startsWith(renderer)
        ? (tiers[tierOf(file)] ?? [])
        : [];
      return imports
        .filter(({ target }) => target.startsWith(renderer) && barred.includes(tierOf(target)))
        .map(({ target }) => `${relative(src, file)} imports ${relative(src, target)}`);
    });
    expect(offences).toEqual([]);
  });

  it('name files that exist', () => {
    const missing = [...graph].flatMap(([file, imports]) =>
      imports
        .filter(({ target }) => /\.(ts|svelte)$/.test(target) && !graph.has(target))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('form no cycle', () => {
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const walk = (file: string, path: readonly string[]): void => {
      if (state.get(file) === 'done') return;
      if (state.get(file) === 'open') {
        cycles.push(
          [...path.slice(path.indexOf(file)), file].map((name) => relative(src, name)).join(' → '),
        );
        return;
      }
      state.set(file, 'open');
      for (const { target } of graph.get(file) ?? [])
        if (graph.has(target)) walk(target, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of graph.keys()) walk(file, []);
    expect(cycles).toEqual([]);
  });
});
