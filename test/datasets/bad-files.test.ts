/**
 * Tests invalid data: each error names the file, the place, the expected and the actual content; no
 * file of the import remains.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GalapagosError } from '../../src/core/errors.ts';
import { DatasetError } from '../../src/datasets/dataset-error.ts';
import { topLevel } from '../../src/datasets/formats/parquet-set.ts';
import { Classes } from '../../src/datasets/import/classes.ts';
import { DEFAULTS } from '../../src/datasets/import/options.ts';
import { recognise } from '../../src/datasets/import/recognise.ts';
import { startImport } from '../../src/datasets/import/start-import.ts';
import { MemoryBytes } from '../../src/datasets/sources/bytes.ts';
import { tar, written, zip } from '../support/dataset-files.ts';
import { CASES, classes, grey, jpeg } from './bad-cases.ts';
import { FIXTURES, ImportFolder } from './support.ts';

let folder: ImportFolder;
beforeEach(() => {
  folder = new ImportFolder();
});
afterEach(() => folder.remove());

/** Every file below a folder. */
const below = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

/**
 * The parts of the sentence are fields of the error as well, for programs that word it differently.
 */
function tellsApart(
  message: string,
  { file, place, expected, found, hint }: DatasetError['data'],
): void {
  for (const fact of [file, expected, found]) {
    expect(fact).toMatch(/./);
    expect(message).toContain(fact);
  }
  for (const fact of [place, hint]) if (fact !== undefined) expect(message).toContain(fact);
}

describe('Import: errors name file, place, expected and found', () => {
  it.each(CASES.map(([what, files, says, options = {}]) => ({ what, files, says, options })))(
    '$what',
    async ({ files, says, options }) => {
      const failed = folder.imported(written(folder.file('source'), files), options);
      const error = await failed.then(
        () => null,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(DatasetError);
      const { message, data } = error as DatasetError;
      expect(message).toContain(says);
      tellsApart(message, data);
    },
  );

  it('for a missing path', async () => {
    await expect(folder.imported(folder.file('nothing'))).rejects.toThrow(
      /nothing: cannot be read \(ENOENT/,
    );
  });
});

describe('Import: archives', () => {
  it.each([
    '../../escaped/1.png',
    '/etc/escaped/1.png',
    'a/../../b/1.png',
    'C:\\x\\1.png',
    '..\\..\\b\\1.png',
    'a/\0/1.png',
  ])('refuses an entry %j, and writes nothing', async (name) => {
    for (const file of [
      zip({ 'a/1.png': grey(), [name]: grey() }),
      ...(name.includes('\0') ? [] : [tar({ 'a/1.png': grey(), [name]: grey() })]),
    ]) {
      const before = below(folder.path).length;
      const path = written(folder.file(`source-${String(before)}`), { 'a.zip': file });
      await expect(folder.imported(path)).rejects.toThrow(
        `a.zip: entry ${JSON.stringify(name)}: expected a path inside the archive, found one that leaves it`,
      );
    }
    expect(below(folder.path).filter((file) => !['a.zip', 'samples'].includes(file))).toEqual([]);
  });

  // A megabyte of zeros is a kilobyte of gzip; ten of those in a zip are smaller still.
  const nothing = Buffer.alloc(2 ** 20);
  const hundred = gzipSync(Buffer.alloc(100 * 2 ** 20));
  it.each([
    ['a gzip of 100 MB', { 'x.gz': hundred }],
    [
      'a zip of 100 entries of 1 MB',
      {
        'x.zip': zip(
          Object.fromEntries(
            Array.from({ length: 100 }, (_, i) => [`a/${String(i)}.bin`, nothing]),
          ),
        ),
      },
    ],
    ['a zip of gzips of 100 MB', { 'x.zip': zip({ 'a.gz': hundred, 'b.gz': hundred }) }],
    ['a tar.gz of one large entry', { 'x.tgz': gzipSync(tar({ a: Buffer.alloc(100 * 2 ** 20) })) }],
    [
      'a tar.gz with 100 MB after its end',
      {
        'x.tgz': gzipSync(
          Buffer.concat([
            tar({ 'a/1.png': grey(), 'b/1.png': grey() }),
            Buffer.alloc(100 * 2 ** 20),
          ]),
        ),
      },
    ],
  ] as const)('refuses one that expands without bound: %s', async (_, files) => {
    await expect(folder.imported(written(folder.file('source'), files))).rejects.toThrow(
      /expected at most 67,108,864 bytes unpacked, 250 times its size, found more at .* \(it expands without bound\)$/,
    );
  });
});

describe('Import: arbitrary bytes', () => {
  it('are recognised as a kind or lead to a DatasetError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        try {
          expect(typeof recognise(new MemoryBytes('x', content))).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(DatasetError);
        }
      }),
    );
  });

  it('in a valid file, changed or cut, are imported or lead to a DatasetError', async () => {
    const good: readonly (readonly [string, Buffer])[] = [
      [
        'a.zip',
        zip({ 'a/1.png': grey(), 'a/2.png': grey(), 'b/1.png': grey(), 'b/2.png': grey() }),
      ],
      ['a.tar', tar({ 'a/1.png': grey(), 'a/2.png': grey(), 'b/1.jpg': jpeg })],
      ['p', readFileSync(join(FIXTURES, 'pickle-python2/test_batch'))],
      ['x.parquet', readFileSync(join(FIXTURES, 'parquet/test-00000-of-00001.parquet'))],
      ['x.tar.xz', readFileSync(join(FIXTURES, 'png.tar.xz'))],
      ['x.npz', readFileSync(join(FIXTURES, 'tiny.npz'))],
    ];
    const drawn = fc.record({
      which: fc.nat(good.length - 1),
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      change: fc.integer({ min: 1, max: 255 }),
      cut: fc.boolean(),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(drawn, async ({ which, at, change, cut }) => {
        const [name, content] = good[which]!;
        const place = Math.floor(at * (content.length - 1));
        const broken = cut
          ? content.subarray(0, place)
          : content.map((byte, i) => (i === place ? byte ^ change : byte));
        const path = written(folder.file(`run-${String((run += 1))}`), { [name]: broken });
        await folder
          .imported(path)
          .catch((error: unknown) => expect(error).toBeInstanceOf(DatasetError));
      }),
      { numRuns: 150 },
    );
  });
});

describe('Import: contradictory metadata', () => {
  it('refuses a Parquet schema that names more elements than it has', () => {
    const element = { name: 'image', num_children: 2 };
    const schemas = [
      [],
      [{ name: 'schema', num_children: 2 }, { name: 'label' }],
      [{ name: 'schema', num_children: 2_000_000_000 }, { name: 'label' }],
      [{ name: 'schema', num_children: 1 }, element, { name: 'bytes' }],
      [{ name: 'schema', num_children: 1 }, { ...element, num_children: 1 }, element],
    ];
    for (const schema of schemas)
      expect(() => topLevel('x.parquet', schema)).toThrow(
        `x.parquet: schema: expected every element that it names, found only ${schema.length}`,
      );
    const nested = { name: 'bytes', num_children: 1 };
    const children = [nested, { name: 'below' }, { name: 'path' }];
    expect(
      topLevel('x.parquet', [
        { name: 'schema', num_children: 2 },
        element,
        ...children,
        { name: 'y' },
      ]),
    ).toEqual([
      { name: 'image', type: undefined, children: ['bytes', 'path'] },
      { name: 'y', type: undefined, children: [] },
    ]);
  });

  it('refuses a class of one file that the names of a later file do not cover', () => {
    const classes = new Classes();
    classes.know(['a', 'b', 'c']);
    classes.ofNumber(2, 'first', () => 'row 0');
    classes.know(['a', 'b']);
    expect(() => classes.numbered('source')).toThrow(
      'source: expected a class from 0 to 1, found 2',
    );
  });
});

describe('Import: failures leave nothing behind', () => {
  it('when reading fails, as a thread reports it', async () => {
    const store = folder.file('datasets');
    const path = written(folder.file('source'), classes({ 'b/2.png': grey(5, 5) }));
    const about = {
      paths: [path],
      as: null,
      name: 'x',
      imported: '2026-01-01T00:00:00.000Z',
      folder: store,
      replace: false,
      dryRun: false,
    };
    const failed = startImport({
      ...about,
      options: DEFAULTS,
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
    await expect(failed).rejects.toThrow(GalapagosError);
    await expect(failed).rejects.toMatchObject({
      code: 'bad-dataset',
      message: expect.stringContaining('b/2.png: expected 4 × 4 pixels') as string,
    });
    expect(below(store)).toEqual([]);
  });
});
