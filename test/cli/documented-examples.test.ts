/**
 * Tests examples of docs/, of README.md and of the help: study files, and parameters of presets.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resourcesFolder } from '../../src/cli/process/resources.ts';
import { resolveStudy } from '../../src/cli/run/resolve-study.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const pages = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);
const resources = resourcesFolder();

let cwd: string;
beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'galapagos-examples-'));
});
afterAll(() => rmSync(cwd, { recursive: true }));

const studyFiles = [...read('docs/study-files.md').matchAll(/```json\n(\{\n.*?)```/gs)].map(
  ([, text = '']): [string, string] => [/"name": "(.*?)"/.exec(text)?.[1] ?? '', text],
);

/** Parameters of the preset mnist that a page or a help text names in commands. */
function named(file: string): string[] {
  const commands = [...read(file).matchAll(/galapagos (?:edit|enqueue) mnist (.*)/g)].map(
    ([, rest = '']) => rest,
  );
  const options = file === 'docs/edit.md' ? [read(file)] : [];
  return [...commands, ...options].flatMap((text) => [
    ...[...text.matchAll(/--(?:range|fix|free) ([A-Za-z]\w*)/g)].map(([, name = '']) => name),
    ...[...text.matchAll(/(?:^| )([A-Za-z]\w*)=[\d.]+(?= |$)/gm)].map(([, name = '']) => name),
  ]);
}

describe('Documented examples', () => {
  it.each(studyFiles)('run the study %s as it is printed', (name, text) => {
    writeFileSync(join(cwd, 'study.json'), text);
    expect(resolveStudy('./study.json', {}, { cwd, resources }).spec.name).toBe(name);
  });

  it.each([...pages, 'README.md', 'src/cli/commands/edit.ts', 'src/cli/commands/enqueue.ts'])(
    'name parameters that the preset mnist has: %s',
    (file) => {
      const { searchSpace } = resolveStudy('mnist', {}, { cwd, resources }).spec;
      const known = [...Object.keys(searchSpace), 'startup', 'warmup'];
      expect(named(file).filter((name) => !known.includes(name))).toEqual([]);
    },
  );

  it('are found: the pages on study files and on edits have some', () => {
    expect(studyFiles.map(([name]) => name)).toEqual(['digits', 'conditional', 'front']);
    expect(new Set(named('docs/edit.md'))).toEqual(new Set(['learningRate', 'batch', 'momentum']));
    expect(named('src/cli/commands/enqueue.ts')).toContain('dropout');
  });
});
