/**
 * Finds the modules that a Python program imports, from its sources. Runs nothing, and knows strings
 * and comments but no grammar.
 */
import { dirname, join, resolve } from 'node:path';
import { readText } from '../../runtime/read-text.ts';
import { runsPythonModule } from './template.ts';

/** Longest source that is read, in bytes. */
export const LONGEST_SOURCE = 1 << 20;
/** Greatest number of modules of a project whose imports are read. */
const MOST_MODULES = 100;

/**
 * Returns the first argument that is a Python script of the folder; null: none is.
 * @param folder absolute
 */
export function scriptIn(command: readonly string[], folder: string): string | null {
  for (const argument of command.slice(1)) {
    const path = resolve(folder, argument.replace(/(\.py):\w+$/, '$1'));
    if (path.endsWith('.py') && readText(path, 1) !== null) return path;
  }
  return null;
}

/**
 * Returns the sorted names of modules that the script of a command and the modules beside it import,
 * without those modules.
 */
export function importsOf(command: readonly string[], script: string): string[] {
  const folder = dirname(script);
  const names = new Set(runsPythonModule(command) ? ['galapagos'] : []);
  const waiting = [script];
  const read = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const source =
      read.has(file) || read.size >= MOST_MODULES ? null : readText(file, LONGEST_SOURCE);
    read.add(file);
    for (const name of source === null ? [] : importsIn(source)) {
      const module = join(folder, `${name}.py`);
      const inside = join(folder, name, '__init__.py');
      if (readText(module, 1) !== null) waiting.push(module);
      else if (readText(inside, 1) !== null) waiting.push(inside);
      else names.add(name);
    }
  }
  return [...names].sort();
}

/** Names of the modules that the source imports, without submodules. */
export function importsIn(source: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [, from, list = ''] of withoutTexts(source).matchAll(
    /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))/gm,
  )) {
    const modules = from === undefined ? list.split(',') : [from];
    for (const module of modules) {
      const name = /^\s*(\w+)/.exec(module)?.[1];
      if (name !== undefined) names.add(name);
    }
  }
  return names;
}

/** The source with the content of texts and comments replaced by blanks, of the same length. */
export function withoutTexts(source: string): string {
  return source.replaceAll(
    /#[^\n]*|("""|''')(?:\\[^]|(?!\1)[^])*(?:\1|$)|"(?:\\[^]|[^"\\\n])*"?|'(?:\\[^]|[^'\\\n])*'?/g,
    (text, triple: string | undefined) => {
      if (text.startsWith('#')) return ' '.repeat(text.length);
      const quote = triple?.length ?? 1;
      if (text.length < 2 * quote) return blank(text);
      const end = text.length - quote;
      return text.slice(0, quote) + blank(text.slice(quote, end)) + text.slice(end);
    },
  );
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, ' ');
}
