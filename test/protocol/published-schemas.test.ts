import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { schemaFiles } from '../../src/protocol/published-schemas.ts';

const resources = join(import.meta.dirname, '../../resources');
const read = (...path: string[]): unknown =>
  JSON.parse(readFileSync(join(resources, ...path), 'utf8'));

test('Published schemas: are generated from the zod schemas (npm run schema writes them)', () => {
  const current = schemaFiles();
  expect(readdirSync(join(resources, 'schemas')).sort()).toEqual([...current.keys()].sort());
  for (const [name, schema] of current)
    expect(read('schemas', name), name).toEqual(JSON.parse(JSON.stringify(schema)));
});

test('Published schemas: every preset names its schema for editors', () => {
  for (const name of readdirSync(join(resources, 'studies'))) {
    expect(read('studies', name), name).toHaveProperty('$schema', '../schemas/study.schema.json');
  }
});

test("Published schemas: offer the fields of a parameter and the samplers' names", () => {
  const text = JSON.stringify(schemaFiles().get('study.schema.json'));
  for (const word of ['"generational"', '"choices"', '"galapagos-study/1"', '"optimizer"']) {
    expect(text).toContain(word);
  }
});
