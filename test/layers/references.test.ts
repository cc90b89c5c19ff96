/** Checks that documents and comments name files, types and commands that exist. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { withSettings } from '../../build/settings-lists.ts';
import { withDiagrams } from '../../build/write-diagrams.ts';
import { commands } from '../../src/cli/command-list.ts';

const root = join(import.meta.dirname, '../..');
const below = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(
    (name) => `${folder}/${name.replaceAll('\\', '/')}`,
  );

const tree = ['src', 'test', 'bench', 'build', 'resources', 'docs', 'bin'].flatMap(below);
const top = readdirSync(root);
const sources = tree.filter(
  (path) => /\.(ts|mjs|svelte)$/.test(path) && !path.includes('/fixtures/'),
);
const texts = sources.map((path) => readFileSync(join(root, path), 'utf8'));
const documents = [
  ...tree.filter((path) => /^docs\/[^/]+\.md$/.test(path)),
  'README.md',
  'CONTRIBUTING.md',
];
const scripts = Object.keys(
  (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts,
);

/** Names of other projects that documents and comments mention. */
const foreign = new Set(['CUDA_VISIBLE_DEVICES', 'Intl.NumberFormat']);

/**
 * Returns true if a file or folder has the name, given from any folder: `sqlite.ts`, `plan/ops/`,
 * `src/core`.
 */
function exists(name: string): boolean {
  const path = name.replace(/\/$/, '');
  return top.includes(path) || tree.some((known) => known === path || known.endsWith(`/${path}`));
}

/** Every identifier of the sources outside comments. */
const identifiers = new Set(
  texts.flatMap(
    (text) => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').match(/\w+/g) ?? [],
  ),
);
const isName = (name: string): boolean =>
  /^(?:[A-Z]+[a-z]\w*|[A-Z]+_[A-Z_]+)(?:\.\w+)?$/.test(name);
const isKnown = (name: string): boolean =>
  foreign.has(name) || name.split('.').every((part) => identifiers.has(part));

const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '');

/** Anchors of a document's headings, as GitHub names them. */
function anchors(path: string): Set<string> {
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+ (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Back-ticked texts of a document outside its code blocks, or of the comments of a source file. */
function quoted(text: string): string[] {
  return [...withoutCode(text).matchAll(/`([^`\n]+)`/g)].map(([, inner = '']) => inner);
}

const comments = (source: string): string => [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].join('\n');
const isFile = (name: string): boolean =>
  /^[\w@./-]+\.(ts|mjs|svelte|md|css)$/.test(name) && !name.startsWith('.');

describe('Documents: references', () => {
  it.each(documents)('%s names files that exist', (document) => {
    const names = quoted(readFileSync(join(root, document), 'utf8')).filter(
      (name) => isFile(name) || /^(src|test|docs|build|bench)\/[\w/-]*$/.test(name),
    );
    expect(names.filter((name) => !exists(name))).toEqual([]);
  });

  it.each(documents)('%s links to files and headings that exist', (document) => {
    const links = [
      ...withoutCode(readFileSync(join(root, document), 'utf8')).matchAll(/\]\(([^)\s]+)\)/g),
    ].map(([, link = '']) => link);
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [file = '', anchor] = link.split('#');
      const path = file === '' ? join(root, document) : join(root, dirname(document), file);
      return !existsSync(path) || (anchor !== undefined && !anchors(path).has(anchor));
    });
    expect(broken).toEqual([]);
  });

  it.each(documents)('%s names types, constants and functions that exist', (document) => {
    const names = quoted(readFileSync(join(root, document), 'utf8')).filter(isName);
    expect(names.filter((name) => !isKnown(name))).toEqual([]);
  });

  it.each(documents)('%s names commands that exist', (document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const run = [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(run.filter((name) => !scripts.includes(name))).toEqual([]);
    const called = [...text.matchAll(/(?:`|^)(?:npx )?galapagos ([a-z][\w-]*)/gm)].map(
      ([, name = '']) => name,
    );
    expect(called.filter((name) => !(name in commands) && name !== 'help')).toEqual([]);
  });

  it('show the states of trials and attempts as the transition tables have them (npm run diagrams)', () => {
    const document = readFileSync(join(root, 'docs/architecture-scheduling.md'), 'utf8');
    expect(document).toBe(withDiagrams(document));
  });

  it('list the samplers and pruners with their settings as the code has them (npm run diagrams)', () => {
    const document = readFileSync(join(root, 'docs/study-files.md'), 'utf8');
    expect(document).toBe(withSettings(document));
    expect(document).toContain('`tournament` (5)');
  });
});

describe('Comments: references', () => {
  it('name files that exist', () => {
    const missing = sources.flatMap((path, i) =>
      quoted(comments(texts[i]!))
        .filter((name) => isFile(name) && !exists(name) && !foreign.has(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });

  it('name types and constants that exist', () => {
    const missing = sources.flatMap((path, i) =>
      quoted(comments(texts[i]!))
        .filter((name) => isName(name) && !isKnown(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(missing).toEqual([]);
  });
});
