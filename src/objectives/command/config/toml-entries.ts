/** Reads the entries of a TOML file with their places in the text. */
import { createRequire } from 'node:module';
import { ConfigError } from './config-entry.ts';
import type { ConfigEntry } from './config-entry.ts';

/**
 * The part of `toml-eslint-parser` that is used. Its own types import those of ESLint, which is no
 * dependency of the program.
 */
interface TomlParser {
  /** @throws SyntaxError with `lineNumber`, from 1, and `column`, from 0 */
  parseTOML(text: string): { readonly body: readonly [{ readonly body: readonly Part[] }] };
}

type Key = readonly ({ readonly name: string } | { readonly value: string })[];

interface KeyValue {
  readonly type: 'TOMLKeyValue';
  readonly key: { readonly keys: Key };
  readonly value: Content;
  readonly range: readonly [number, number];
}

type Part =
  | KeyValue
  | {
      readonly type: 'TOMLTable';
      readonly resolvedKey: readonly (string | number)[];
      readonly body: readonly KeyValue[];
      readonly range: readonly [number, number];
    };

type Content = { readonly range: readonly [number, number] } & (
  | { readonly type: 'TOMLArray'; readonly elements: readonly Content[] }
  | { readonly type: 'TOMLInlineTable'; readonly body: readonly KeyValue[] }
  | { readonly type: 'TOMLValue'; readonly kind: string; readonly value: unknown }
);

/** Loaded on demand: 10 ms, of which most processes need none. */
let parser: TomlParser | null = null;

/** @throws ConfigError */
export function tomlEntries(text: string): ConfigEntry[] {
  parser ??= createRequire(import.meta.url)('toml-eslint-parser') as TomlParser;
  let parts: readonly Part[];
  try {
    [{ body: parts }] = parser.parseTOML(text).body;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const { lineNumber = 0, column = 0 } = error as { lineNumber?: number; column?: number };
    throw new ConfigError(`${error.message} at line ${lineNumber}, column ${column + 1}`);
  }
  const entries: ConfigEntry[] = [];
  const add = (
    path: readonly string[],
    [from, to]: readonly [number, number],
    about: Pick<ConfigEntry, 'kind' | 'value'>,
  ): void => {
    entries.push({ name: path.join('.'), ...about, source: text.slice(from, to), from, to });
  };
  const group = { kind: 'group', value: null } as const;
  const readPairs = (pairs: readonly KeyValue[], above: readonly string[]): void => {
    for (const { key, value } of pairs)
      readValue(value, [...above, ...key.keys.map((k) => ('name' in k ? k.name : k.value))]);
  };
  const readValue = (content: Content, path: readonly string[]): void => {
    const { range } = content;
    switch (content.type) {
      case 'TOMLArray':
        add(path, range, group);
        for (const [i, item] of content.elements.entries()) readValue(item, [...path, String(i)]);
        return;
      case 'TOMLInlineTable':
        add(path, range, group);
        readPairs(content.body, path);
        return;
      case 'TOMLValue':
        add(path, range, scalarOf(content));
        return;
      default:
        content satisfies never;
    }
  };
  for (const part of parts)
    if (part.type === 'TOMLKeyValue') readPairs([part], []);
    else {
      const path = part.resolvedKey.map(String);
      add(path, part.range, group);
      readPairs(part.body, path);
    }
  return entries;
}

function scalarOf({
  kind,
  value,
}: {
  readonly kind: string;
  readonly value: unknown;
}): Pick<ConfigEntry, 'kind' | 'value'> {
  if (typeof value === 'number') return { kind: 'number', value };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  if (kind === 'string' && typeof value === 'string') return { kind: 'text', value };
  return { kind: 'other', value: null };
}
