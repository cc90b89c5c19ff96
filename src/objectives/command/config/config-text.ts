/**
 * Values of a configuration file by their dotted names, and the file with some of them replaced.
 * Only the text of replaced values changes: comments, order and spacing stay. Reads no files.
 */
import { extname } from 'node:path';
import type { ParamValue, Params } from '../../../core/search-space/distribution.ts';
import { ConfigError } from './config-entry.ts';
import type { ConfigEntry } from './config-entry.ts';
import { tomlEntries } from './toml-entries.ts';
import { yamlEntries } from './yaml-entries.ts';

/** Endings of the files that are read. */
export const CONFIG_ENDINGS = ['.yaml', '.yml', '.json', '.toml'] as const;

/** True if the ending of a path is one of the formats that are read. */
export function isConfigPath(path: string): boolean {
  return (CONFIG_ENDINGS as readonly string[]).includes(extname(path).toLowerCase());
}

/** True for a path whose text is read as TOML, which has no null. */
export function isTomlPath(path: string): boolean {
  return extname(path).toLowerCase() === '.toml';
}

/**
 * Deepest nesting of brackets, those of texts and comments included. Parsers recurse, and V8 ends
 * the process where its stack overflows in the compilation of a regular expression.
 */
const DEEPEST = 500;

/** Parsed files by their text: each attempt of a study reads the same one. */
let latest: { readonly key: string; readonly entries: ReadonlyMap<string, ConfigEntry> } | null =
  null;

/**
 * Entries by name, those of groups included. Of two entries with one name the first counts.
 * @param path decides the format, by its ending
 * @throws ConfigError where the text does not parse
 */
export function entriesOf(path: string, text: string): ReadonlyMap<string, ConfigEntry> {
  const ending = extname(path).toLowerCase();
  const key = `${ending}\n${text}`;
  if (latest?.key === key) return latest.entries;
  if (depthOf(text) > DEEPEST) throw new ConfigError(`values nested more than ${DEEPEST} deep`);
  const found = isTomlPath(path)
    ? tomlEntries(text)
    : yamlEntries(text, ending === '.json' ? 'json' : 'yaml');
  const entries = new Map<string, ConfigEntry>();
  for (const entry of found) if (!entries.has(entry.name)) entries.set(entry.name, entry);
  latest = { key, entries };
  return entries;
}

function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/**
 * Returns the text with the values of the named entries replaced. Names that the file lacks, groups
 * and entries of other kinds are left as they are: `config-problems.ts` refuses them before a
 * start.
 */
export function withValues(path: string, text: string, values: Params): string {
  const entries = entriesOf(path, text);
  const edits = Object.entries(values).flatMap(([name, value]) => {
    const entry = entries.get(name);
    return entry === undefined || entry.kind === 'group' || entry.kind === 'other'
      ? []
      : [{ entry, text: valueText(value, entry) }];
  });
  let result = text;
  for (const { entry, text: replaced } of edits.sort((a, b) => b.entry.from - a.entry.from)) {
    const before = result.slice(0, entry.from);
    // `lr:  # none` has its value after the colon, which a space has to follow.
    const isEmpty = entry.from === entry.to;
    const kept = isEmpty ? before.replace(/[ \t]+$/, '') : before;
    const added = isEmpty ? ` ${replaced}` : replaced;
    result = `${kept}${added}${before.slice(kept.length)}${result.slice(entry.to)}`;
  }
  return result;
}

/** Numbers that strict readers take for integers. */
const INTEGER = /^[-+]?(0x[\da-f_]+|0o[0-7_]+|0b[01_]+|[\d_]+)$/i;
/** Characters that TOML or YAML 1.1 refuse, or read as line breaks, but where they are escaped. */
const ESCAPED = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

/**
 * Text of a value that YAML 1.1, as PyYAML reads it, YAML 1.2, JSON and TOML read alike. A number
 * is written with a point where the file has a number with one: 1e-5 without is a text to PyYAML,
 * and 1 is an integer to strict readers.
 */
function valueText(value: ParamValue, { kind, source }: ConfigEntry): string {
  if (typeof value !== 'number')
    return JSON.stringify(value).replaceAll(
      ESCAPED,
      (each) => `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  const isInteger = Number.isInteger(value) && (kind !== 'number' || INTEGER.test(source));
  const text = String(value);
  if (isInteger && !text.includes('e')) return text;
  const [digits = '', exponent] = text.split('e');
  const pointed = digits.includes('.') ? digits : `${digits}.0`;
  return exponent === undefined ? pointed : `${pointed}e${exponent}`;
}

/** `line 3`, counted from 1. */
export function lineText(text: string, offset: number): string {
  return `line ${String(text.slice(0, offset).split('\n').length)}`;
}
