/**
 * Writes the published JSON Schemas from the zod ones: `npm run schema`. A test says when they are
 * not current.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { schemaFiles } from '../src/protocol/published-schemas.ts';

const folder = join(import.meta.dirname, '../resources/schemas');
mkdirSync(folder, { recursive: true });
for (const [name, schema] of schemaFiles())
  writeFileSync(join(folder, name), `${JSON.stringify(schema, null, 2)}\n`);
