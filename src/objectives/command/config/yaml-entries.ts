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
  // It compares each key with all others; the reader finds double ones.
  const document = yaml.parseDocument(text, { uniqueKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw new ConfigError(messageOf(error));
  const reader = new Reader(yaml, text);
  reader.read(document.contents, []);
  return reader.entries;
}

/** JSON has rules that YAML lacks. */
function checkJson(text: string): void {
  try {
    // A byte order mark, which some readers take.
    JSON.parse(text.replace(/^\ufeff/, ''));
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
  readonly #text: string;
  /** Nodes by their anchors; of several with one name, the last so far counts. */
  readonly #anchors = new Map<string, Yaml.Node>();

  constructor(yaml: typeof Yaml, text: string) {
    this.#yaml = yaml;
    this.#text = text;
  }

  read(node: unknown, path: readonly string[]): void {
    const { isAlias, isMap, isScalar, isSeq } = this.#yaml;
    if ((isScalar(node) || isMap(node) || isSeq(node)) && node.anchor !== undefined)
      this.#anchors.set(node.anchor, node);
    if (isMap(node)) {
      this.#add(path, 'group', null, node);
      const known = new Set<string>();
      for (const { key: named, value } of node.items) {
        if (!isScalar(named)) continue;
        const key = named.source ?? String(named.value);
        // Values that "<<" merges are those of another place.
        if (key === '<<') continue;
        if (known.has(key)) throw new ConfigError(this.#doubleAt(named));
        known.add(key);
        this.read(value, [...path, key]);
      }
    } else if (isSeq(node)) {
      this.#add(path, 'group', null, node);
      for (const [i, item] of node.items.entries()) this.read(item, [...path, String(i)]);
    } else if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      const [value, source] = isScalar(target) ? [target.value, target.source] : [undefined];
      this.#add(path, kindOf(value), paramOf(value), node, source);
    } else if (isScalar(node)) {
      const isPlain = node.tag === undefined || node.tag.startsWith('tag:yaml.org,2002:');
      const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
      const kind = isPlain && !isBlock ? kindOf(node.value) : 'other';
      this.#add(path, kind, kind === 'other' ? null : paramOf(node.value), node);
    }
  }

  #doubleAt({ range }: Yaml.Scalar): string {
    const before = this.#text.slice(0, range?.[0] ?? 0).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    return `Map keys must be unique at line ${before.length}, column ${column}`;
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
