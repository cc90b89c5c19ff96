/** Reads the entries of a YAML or JSON file with their places in the text. */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { ParamValue } from '../../../core/search-space/distribution.ts';
import { ConfigError, kindOf } from './config-entry.ts';
import type { ConfigEntry, EntryKind } from './config-entry.ts';

/** Loaded on demand: 30 ms, of which most processes need none. */
let yaml: typeof Yaml | null = null;

/** @throws ConfigError */
export function yamlEntries(text: string, format: 'yaml' | 'json'): ConfigEntry[] {
  if (format === 'json') checkJson(text);
  yaml ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  const document = yaml.parseDocument(text);
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigError(messageOf(error));
  const reader = new Reader(yaml, document, text);
  reader.read(document.contents, []);
  return reader.entries;
}

/** JSON has rules that YAML lacks. */
function checkJson(text: string): void {
  try {
    JSON.parse(text);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error));
  }
}

function messageOf({ code, message }: Yaml.YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'several documents, separated by "---"';
  // The lines after the first show the place again.
  return message.replace(/:?\n[^]*$/, '');
}

class Reader {
  readonly entries: ConfigEntry[] = [];
  readonly #yaml: typeof Yaml;
  readonly #document: Yaml.Document;
  readonly #text: string;

  constructor(yaml: typeof Yaml, document: Yaml.Document, text: string) {
    this.#yaml = yaml;
    this.#document = document;
    this.#text = text;
  }

  read(node: unknown, path: readonly string[]): void {
    const { isAlias, isMap, isPair, isScalar, isSeq } = this.#yaml;
    if (isMap(node)) {
      this.#add(path, 'group', null, node);
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? (pair.key.source ?? String(pair.key.value)) : null;
        // Values that "<<" merges are those of another place.
        if (isPair(pair) && key !== null && key !== '<<') this.read(pair.value, [...path, key]);
      }
    } else if (isSeq(node)) {
      this.#add(path, 'group', null, node);
      for (const [i, item] of node.items.entries()) this.read(item, [...path, String(i)]);
    } else if (isAlias(node)) {
      const target = node.resolve(this.#document);
      const [value, source] = isScalar(target) ? [target.value, target.source] : [undefined];
      this.#add(path, kindOf(value), paramOf(value), node, source);
    } else if (isScalar(node)) {
      const isPlain = node.tag === undefined || node.tag.startsWith('tag:yaml.org,2002:');
      const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
      const kind = isPlain && !isBlock ? kindOf(node.value) : 'other';
      this.#add(path, kind, kind === 'other' ? null : paramOf(node.value), node);
    }
  }

  #add(
    path: readonly string[],
    kind: EntryKind,
    value: ParamValue,
    { range }: { readonly range?: Yaml.Range | null | undefined },
    source?: string,
  ): void {
    if (range == null || path.length === 0) return;
    const [from, to] = range;
    const text = source ?? this.#text.slice(from, to);
    this.entries.push({ name: path.join('.'), kind, value, source: text, from, to });
  }
}

function paramOf(value: unknown): ParamValue {
  return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
    ? value
    : null;
}
