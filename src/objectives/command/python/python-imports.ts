/**
 * Finds the modules that a Python program imports, from its sources. Runs nothing, and knows
 * strings and comments but no grammar.
 */
import { dirname, join, resolve } from 'node:path';
import { readText } from '../../../runtime/read-text.ts';
import { namesIn } from '../names-in.ts';
import { runsPythonModule } from '../template.ts';

/** Longest source that is read, in bytes. */
export const LONGEST_SOURCE = 1 << 20;
/** Greatest number of modules of a project whose imports are read. */
const MOST_MODULES = 100;

/**
 * Returns the first argument that is a Python script of the folder, or the script of the module
 * that the command runs with `-m`; null: none is.
 * @param folder absolute
 */
export function scriptIn(command: readonly string[], folder: string): string | null {
  for (const [at, argument] of command.entries()) {
    if (at === 0) continue;
    const paths =
      command[at - 1] === '-m'
        ? modulePaths(resolve(folder, ...argument.split('.')), '__main__')
        : [resolve(folder, argument.replace(/(\.py):\w+$/, '$1'))];
    const script = paths.find((path) => path.endsWith('.py') && isReadable(path));
    if (script !== undefined) return script;
  }
  return null;
}

/**
 * Returns the sorted names of modules that the script of a command imports, and the modules of its
 * project that these import, without those modules.
 * @param folder absolute path of the working folder, in which modules are found that run with `-m`
 */
export function importsOf(command: readonly string[], script: string, folder: string): string[] {
  const names = new Set(runsPythonModule(command) ? ['galapagos'] : []);
  for (const { others } of ownModules(command, script, folder))
    for (const name of others) names.add(name);
  return [...names].sort();
}

interface OwnModule {
  readonly source: string;
  /** Names of modules that it imports and that are not the project's. */
  readonly others: readonly string[];
}

/**
 * The script and the modules of its project that it imports, also indirectly. @param folder as
 * above
 */
export function ownModules(
  command: readonly string[],
  script: string,
  folder: string,
): OwnModule[] {
  const root = command.includes('-m') && !runsPythonModule(command) ? folder : dirname(script);
  const found: OwnModule[] = [];
  const waiting = [script];
  const read = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const source =
      read.has(file) || read.size >= MOST_MODULES ? null : readText(file, LONGEST_SOURCE);
    read.add(file);
    if (source === null) continue;
    const others: string[] = [];
    for (const module of modulesIn(source)) {
      const own = ownFiles(module, root, dirname(file));
      if (own !== null) waiting.push(...own);
      else others.push(module.name);
    }
    found.push({ source, others });
  }
  return found;
}

/** An import as a source states it: `from ..data import load` has two dots and the path `data`. */
interface ImportedModule {
  readonly dots: number;
  readonly path: readonly string[];
  /** The first part of the path; empty in `from . import x`. */
  readonly name: string;
}

/**
 * Names of the modules that the source imports, without submodules and those of its own package.
 */
export function importsIn(source: string): ReadonlySet<string> {
  return new Set(modulesIn(source).flatMap(({ dots, name }) => (dots > 0 ? [] : [name])));
}

/** True if the source imports from its own package, by which Python cannot run it as a file. */
export function importsRelatively(source: string): boolean {
  return modulesIn(source).some(({ dots }) => dots > 0);
}

/** True if a folder has a module of that name, or a folder with modules. */
export function hasModule(folder: string, name: string): boolean {
  const inside = namesIn(join(folder, name));
  return inside.some((each) => each.endsWith('.py')) || isReadable(join(folder, `${name}.py`));
}

function modulesIn(source: string): ImportedModule[] {
  const found: ImportedModule[] = [];
  const add = (dots: string, path: string): void => {
    const parts = path.split('.').filter((part) => part !== '');
    found.push({ dots: dots.length, path: parts, name: parts[0] ?? '' });
  };
  for (const [, dots = '', from = '', taken = '', list = ''] of withoutTexts(source).matchAll(
    /^[ \t]*(?:from[ \t]+(\.*)([\w.]*)[ \t]+import\b[ \t(]*([\w, \t]*)|import[ \t]+([\w., \t]+))/gm,
  )) {
    if (dots !== '' || from !== '') add(dots, from);
    // In `from . import a, b`, a and b may be modules.
    const names = dots !== '' && from === '' ? taken : list;
    for (const each of names.split(',')) {
      const path = /^\s*([\w.]+)/.exec(each)?.[1];
      if (path !== undefined) add(names === taken ? dots : '', path);
    }
  }
  return found;
}

/**
 * Returns the files of a project that an import loads; null: the module is not the project's.
 * @param root folder in which modules are found by name
 * @param beside folder of the importing file
 */
function ownFiles(
  { dots, path, name }: ImportedModule,
  root: string,
  beside: string,
): string[] | null {
  if (dots === 0 && !modulePaths(join(root, name), '__init__').some(isReadable)) return null;
  const from = dots === 0 ? root : resolve(beside, ...Array<string>(dots - 1).fill('..'));
  return path.flatMap((_, at) =>
    modulePaths(join(from, ...path.slice(0, at + 1)), '__init__').filter(isReadable),
  );
}

/** Files of a module: its own, or one of the package of its name. */
function modulePaths(path: string, inPackage: '__init__' | '__main__'): string[] {
  return [`${path}.py`, join(path, `${inPackage}.py`)];
}

function isReadable(path: string): boolean {
  return readText(path, 1) !== null;
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
