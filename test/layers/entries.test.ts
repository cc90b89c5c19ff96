/** Entries run when they are loaded, so that nothing may load one to reach what it shares: a worker would run the command line. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { built } from '../support/built-command.ts';

const main = fileURLToPath(new URL('../../out/main/', import.meta.url));

beforeAll(built);

it('no built module imports an entry', () => {
  const entries = readdirSync(main).filter((name) => name.endsWith('.js'));
  const chunks = readdirSync(join(main, 'chunks')).map((name) => join('chunks', name));
  expect(entries).toEqual(expect.arrayContaining(['cli.js', 'index.js', 'worker.js']));
  const imports = [...entries, ...chunks].flatMap((file) =>
    [...readFileSync(join(main, file), 'utf8').matchAll(/^(?:import|export)\b[^"']*["']\.{1,2}\/([\w-]+\.js)["']/gm)]
      .filter(([, name = '']) => entries.includes(name))
      .map(([, name]) => `${file} imports ${String(name)}`),
  );
  expect(imports).toEqual([]);
});
