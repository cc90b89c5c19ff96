/**
 * Tests unusual or hostile files that are not invalid as such: links, passwords, wrong extensions,
 * empty sources, names in any script, a full disk, files that disappear.
 */
import type * as NodeFs from 'node:fs';
import { mkdirSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DatasetError } from '../../src/datasets/dataset-error.ts';
import { tar, written, zip, type Files } from '../support/dataset-files.ts';
import { namedPipe, noNamedPipe } from '../support/named-pipe.ts';
import { classes, grey, jpeg } from './bad-cases.ts';
import { ImportFolder } from './support.ts';

/** Number of bytes that the disk still accepts; the real disk is never filled. */
let room = Infinity;
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof NodeFs>();
  const writeSync = (file: number, content: Uint8Array, offset = 0): number => {
    room -= content.length - offset;
    if (room < 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    return fs.writeSync(file, content, offset);
  };
  return { ...fs, writeSync };
});

let folder: ImportFolder;
beforeEach(() => {
  room = Infinity;
  folder = new ImportFolder();
});
afterEach(() => folder.remove());

const source = (files: Files): string => written(folder.file('source'), files);
const faultOf = async (
  path: string,
  watch?: { cancelled(): boolean },
): Promise<DatasetError['data']> => {
  const error = await folder.imported(path, {}, watch).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DatasetError);
  return (error as DatasetError).data;
};
const four = { 'a/1.png': grey(), 'a/2.png': grey(), 'b/1.png': grey(), 'b/2.png': grey() };

/** Replaces the name of an entry that consists of one repeated letter. */
const renamed = (archive: Buffer, letter: string, name: string): Buffer => {
  const old = letter.repeat(name.length);
  for (let at = archive.indexOf(old); at !== -1; at = archive.indexOf(old, at + 1))
    archive.write(name, at);
  return archive;
};

describe('Import: links', () => {
  it.each([
    ['symbolic', '2'],
    ['hard', '1'],
  ])('refuses a %s link in a tar by its name', async (_, type) => {
    const link = Buffer.from(tar({ 'b/2.png': '' }).subarray(0, 512));
    link.write(type, 156);
    link.write('../../../etc/passwd', 157);
    link.write('        ', 148);
    const sum = link.reduce((total, byte) => total + byte, 0);
    link.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    const file = Buffer.concat([
      tar({ 'a/1.png': grey() }).subarray(0, -1024),
      link,
      tar({ 'b/1.png': grey() }),
    ]);
    expect(await faultOf(source({ 'x.tar': file }))).toMatchObject({
      file: 'x.tar',
      place: 'entry "b/2.png"',
      expected: 'a file',
      found: 'a link',
    });
  });

  it('refuses a link in a zip by its name', async () => {
    const file = zip({ ...four, 'b/3.png': '../../etc/passwd' }, { stored: true });
    const at = file.lastIndexOf('b/3.png') - 46;
    file[at + 5] = 3;
    file.writeUInt32LE((0o120777 << 16) >>> 0, at + 38);
    expect(await faultOf(source({ 'x.zip': file }))).toMatchObject({
      place: 'entry "b/3.png"',
      found: 'a link',
    });
  });

  it('follows links in a folder, a circle once, and refuses a dangling one', async () => {
    const path = source({ ...four, 'elsewhere.bin': '' });
    mkdirSync(folder.file('more'));
    writeFileSync(folder.file('more/3.png'), grey());
    symlinkSync(folder.file('more'), join(path, 'c'));
    symlinkSync(folder.file('more/3.png'), join(path, 'b/3.png'));
    symlinkSync(path, join(path, 'a/circle'));
    const { classNames, training, test } = await folder.imported(path, { testShare: 0.5 });
    expect([classNames, training.samples + test.samples]).toEqual([['a', 'b', 'c'], 6]);
    symlinkSync(folder.file('nothing'), join(path, 'b/4.png'));
    expect(await faultOf(path)).toMatchObject({
      file: 'b/4.png',
      expected: 'a link to a file or folder',
      found: 'one to nothing',
    });
  });
});

describe('Import: a named pipe', () => {
  beforeEach(({ skip }) => skip(noNamedPipe !== null, noNamedPipe ?? ''));
  it('is refused without being opened, alone and beside a file', async () => {
    const file = source({ 'a.csv': 'x,y\n1,2\n' });
    const pipe = namedPipe(folder.file('pipe.csv'));
    try {
      expect(await faultOf(folder.file('pipe.csv'))).toMatchObject({
        expected: 'a file or a folder',
        found: 'a pipe, socket or device',
      });
      const preparing = folder.imported([file, folder.file('pipe.csv')]);
      await expect(preparing).rejects.toMatchObject({
        data: { file: 'pipe.csv', found: 'a pipe, socket or device' },
      });
    } finally {
      pipe.close();
    }
  });
});

describe('Import: a database that a program has open', () => {
  it('is refused alone, and excluded from a folder together with the files beside it', async () => {
    const path = source({
      ...four,
      'lab.db': 'SQLite format 3',
      'lab.db-lock': '',
      'lab.db-wal': '',
    });
    const { training, test } = await folder.imported(path, { testShare: 0.5 });
    expect(training.samples + test.samples).toBe(4);
    expect(await faultOf(join(path, 'lab.db'))).toMatchObject({
      expected: 'data',
      found: 'a database that a program has open',
    });
    symlinkSync(join(path, 'lab.db'), folder.file('link.csv'));
    expect(await faultOf(folder.file('link.csv'))).toMatchObject({
      found: 'a database that a program has open',
    });
  });
});

describe('Import: archives', () => {
  it("with a password are refused with the entry's name", async () => {
    const file = zip(four);
    for (const magic of ['PK\x03\x04', 'PK\x01\x02'])
      for (
        let at = file.indexOf(magic, 0, 'latin1');
        at !== -1;
        at = file.indexOf(magic, at + 4, 'latin1')
      )
        file[at + (magic === 'PK\x03\x04' ? 6 : 8)]! |= 1;
    expect(await faultOf(source({ 'secret.zip': file }))).toEqual({
      file: 'secret.zip › a/1.png',
      expected: 'an entry without a password',
      found: 'an encrypted one',
      hint: 'unpack the archive with its password first',
    });
  });

  it.each([
    ['a name twice', 'a/1.png', 'a/1.png'],
    ['two spellings of one name', 'a/1.png', './a//1.png'],
  ])('refuse %s, because both would count', async (_, first, second) => {
    const [head, tail] = [{ [first]: grey(), 'b/1.png': grey() }, { [second]: grey() }];
    for (const file of [
      Buffer.concat([tar(head).subarray(0, -1024), tar(tail)]),
      renamed(zip({ ...head, ['x'.repeat(second.length)]: grey() }), 'x', second),
    ])
      expect(await faultOf(source({ 'x.bin': file }))).toEqual({
        file: 'x.bin',
        place: `entry ${JSON.stringify(second)}`,
        expected: 'each name once',
        found: 'a second entry with this name',
        hint: 'unpack the archive and import the folder',
      });
  });

  it('may repeat the name of an entry of another archive', async () => {
    const inner = zip({ 'a/1.png': grey(), 'b/1.png': grey() });
    const path = source({ 'x.zip': inner, 'y.zip': inner });
    expect((await folder.imported(path)).training.samples).toBe(3);
  });

  it('and files with a wrong extension are read as what they are', async () => {
    const path = source({
      'x.tar.gz': zip({ 'a/1.jpg': grey(), 'a/2.txt': grey(), 'b/1': grey(), 'b/2.csv': grey() }),
    });
    expect((await folder.imported(path)).training.samples).toBe(3);
    const images = written(folder.file('images'), {
      'a/1.png': jpeg,
      'a/2.gif': jpeg,
      'b/1.png': jpeg,
    });
    expect((await folder.imported(images, { testShare: 0.5 })).kind).toBe(
      'images in class folders',
    );
  });

  it.each([
    ['an empty folder', {}],
    ['an empty zip', { 'x.zip': zip({}) }],
    ['an empty tar', { 'x.tar': Buffer.concat([tar({ '.keep': '' })]) }],
    ['folders in folders of nothing', { 'a/b/.keep': '', 'c/.keep': '' }],
  ])('report %s as without data', async (_, files) => {
    mkdirSync(folder.file('source'));
    expect(await faultOf(source(files))).toEqual({
      file: 'source',
      expected: 'data',
      found: 'an empty folder or archive',
    });
  });
});

describe('Import: irregular images', () => {
  it('names an empty file, whatever else is skipped', async () => {
    const path = source({
      'README.md': 'what this is',
      ...classes({ 'b/2.png': '', 'b/3.png': grey() }),
    });
    expect(await faultOf(path)).toEqual({
      file: 'b/2.png',
      expected: 'a PNG or JPEG image',
      found: 'an empty file',
    });
  });

  it('trains on a class with one sample and does not draw it for testing', async () => {
    const path = source({ 'a/1.png': grey(), 'b/1.png': grey(), 'b/2.png': grey() });
    for (let seed = 0; seed < 10; seed++) {
      const { training, test } = await folder.imported(path, { testShare: 0.5, seed });
      expect([training.perClass[0], test.samples]).toEqual([1, 1]);
    }
  });

  it('refuses a single class by its name', async () => {
    expect(await faultOf(source({ 'a/1.png': grey(), 'a/2.png': grey() }))).toMatchObject({
      file: 'source',
      expected: 'at least two classes',
      found: 'only "a"',
    });
  });

  it('names the option for another size, and scales on request', async () => {
    const path = source({
      'a/1.png': grey(5, 6),
      ...Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`b/${String(i)}.png`, grey()])),
    });
    expect(await faultOf(path)).toMatchObject({
      file: 'b/0.png',
      expected: '6 × 5 pixels as a/1.png has'.replace('6 × 5', '5 × 6'),
      option: 'size',
    });
    const scaled = await folder.imported(path, { mixed: 'scale' });
    expect([scaled.shape, scaled.resized]).toEqual([[1, 4, 4], 1]);
  });
});

describe('Import: names in any script', () => {
  it('are classes, equal however their accents are composed', async () => {
    const names = ['猫', 'собака', 'كلب', 'é', '🐈 cat', 'a b'];
    const files = Object.fromEntries(
      names.flatMap((name) =>
        [`${name}/1.png`, `${name.normalize('NFD')}/2 ñ.png`].map((path) => [path, grey()]),
      ),
    );
    const path = source(files);
    const { classNames } = await folder.imported(path, { testShare: 0.5 });
    expect(new Set(classNames)).toEqual(new Set(names));
    for (const archive of [tar(files), zip(files)])
      expect(
        (await folder.imported(written(folder.file('packed'), { x: archive }), { testShare: 0.5 }))
          .classNames,
      ).toEqual(classNames);
  });

  it('in old archives, not in UTF-8, stay distinct', async () => {
    const files = {
      'X1/1.png': grey(),
      'X1/2.png': grey(),
      'X2/1.png': grey(),
      'X2/2.png': grey(),
    };
    const file = zip(files, { stored: true });
    for (const [from, to] of [
      ['X1/', [0x82, 0x31, 0x2f]],
      ['X2/', [0x8a, 0x31, 0x2f]],
    ] as const)
      for (let at = file.indexOf(from); at !== -1; at = file.indexOf(from, at + 1))
        file.set(to, at);
    expect((await folder.imported(source({ 'x.zip': file }))).classNames).toEqual(['è1', 'é1']);
  });
});

describe('Import: a full disk', () => {
  it.each([10, 70])('after %d bytes is reported with a remedy', async (bytes) => {
    const path = source(four);
    room = bytes;
    expect(await faultOf(path)).toMatchObject({
      expected: 'free space on its disk',
      found: 'a full disk',
      hint: expect.stringMatching(/^free some space/) as string,
    });
  });

  it('while a large entry is stored temporarily is reported too', async () => {
    const path = source({ 'x.tgz': tar({ 'x.bin': Buffer.alloc(9 * 2 ** 20, 1) }) });
    room = 2 ** 20;
    await expect(folder.imported(path)).rejects.toMatchObject({ code: 'disk-full' });
  });
});

describe('Import: changes while reading', () => {
  /** Runs a function at the nth time that the import checks for cancellation. */
  const at = (n: number, change: () => void): { cancelled(): boolean } => {
    let asked = 0;
    return {
      cancelled: () => {
        if ((asked += 1) === n) change();
        return false;
      },
    };
  };

  it('name a deleted file, without an internal path', async () => {
    const path = source(four);
    const fault = await faultOf(
      path,
      at(5, () => rmSync(join(path, 'b/2.png'))),
    );
    expect(fault).toEqual({
      file: 'b/2.png',
      expected: 'a file that can be read',
      found: 'ENOENT: no such file or directory, open',
    });
  });

  it('name a deleted folder', async () => {
    const path = source(four);
    const fault = await faultOf(
      path,
      at(1, () => rmSync(join(path, 'b'), { recursive: true })),
    );
    expect(fault).toMatchObject({ file: 'b', expected: 'a file that can be read' });
  });

  it('name a truncated file with its new length', async () => {
    const path = source({ 'data_batch_1.bin': Buffer.alloc(3073 * 600, 1) });
    const fault = await faultOf(
      path,
      at(2, () => truncateSync(join(path, 'data_batch_1.bin'), 3073 * 300)),
    );
    expect(fault).toMatchObject({
      file: 'data_batch_1.bin',
      place: `offset ${String(3073 * 300)}`,
      found: 'the end of the file',
    });
  });

  it('leave no temporary file but the result', async () => {
    const { staging } = await folder.imported(source(four));
    expect(readdirSync(staging).sort()).toEqual(['test', 'training']);
  });
});
