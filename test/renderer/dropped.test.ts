import { describe, expect, it } from 'vitest';
import { takenOf, takenOfFiles, takenOfPaths } from '../../src/renderer/take-in/dropped.ts';
import type { Taken } from '../../src/renderer/take-in/dropped.ts';

const listing = { found: () => undefined, signal: new AbortController().signal };

/** Labels, paths, and the files to upload. */
async function shape(taken: readonly Taken[]): Promise<unknown[]> {
  return Promise.all(
    taken.map(async ({ label, paths, files }) => [
      label,
      paths,
      (await files(listing)).map(({ path }) => path),
    ]),
  );
}

describe('Drops: items that arrive together', () => {
  it('merges data into one import, with or without paths on the host, and keeps labs and studies separate', async () => {
    const names = ['images.gz', 'lab.db', 'labels.gz', 'study.json'];
    const found = [
      ['lab.db', ['/home/someone/lab.db'], []],
      ['study.json', ['/home/someone/study.json'], []],
      ['images.gz, labels.gz', ['/home/someone/images.gz', '/home/someone/labels.gz'], []],
    ];
    expect(await shape(takenOfPaths(names.map((name) => `/home/someone/${name}`)))).toEqual(found);
    const files = names.map((name) =>
      Object.assign(new File(['x'], name), { webkitRelativePath: '' }),
    );
    expect(await shape(takenOfFiles(files, (file) => `/home/someone/${file.name}`))).toEqual(found);
    expect(await shape(takenOfFiles(files, () => null))).toEqual([
      ['lab.db', null, ['lab.db']],
      ['study.json', null, ['study.json']],
      ['images.gz, labels.gz', null, ['images.gz', 'labels.gz']],
    ]);
  });

  it('names an import after the first of many files', () => {
    const many = takenOfPaths(
      Array.from({ length: 1_006 }, (_, i) => `C:\\data\\${String(i)}.bin`),
    );
    expect(many.map(({ label, paths }) => [label, paths?.length])).toEqual([
      ['0.bin, 1.bin, 2.bin, 3.bin and 1,002 more', 1_006],
    ]);
    expect(takenOfPaths([])).toEqual([]);
  });
});

describe('Drops: folders', () => {
  const fileEntry = (name: string): object => ({
    name,
    isFile: true,
    file: (resolve: (file: File) => void) => queueMicrotask(() => resolve(new File(['x'], name))),
  });
  /** A folder entry whose reader returns two entries a call. */
  const folderEntry = (name: string, inside: readonly object[]): object => ({
    name,
    isDirectory: true,
    createReader: () => {
      const left = [...inside];
      return {
        readEntries: (resolve: (some: object[]) => void) =>
          queueMicrotask(() => resolve(left.splice(0, 2))),
      };
    },
  });
  const dropped = (...entries: readonly object[]): readonly Taken[] =>
    takenOf(
      {
        items: entries.map((entry) => ({
          kind: 'file',
          webkitGetAsEntry: () => entry,
          getAsFile: () => null,
        })),
      } as unknown as DataTransfer,
      () => null,
    );
  const birds = folderEntry('birds', [
    folderEntry('finch', ['1', '2', '3'].map(fileEntry)),
    folderEntry('gull', []),
    fileEntry('names.txt'),
  ]);

  it('makes one item of a folder at once and counts its files while they are listed', async () => {
    const [taken, another] = dropped(birds, folderEntry('more', [fileEntry('4')]));
    expect([taken?.label, another]).toEqual(['birds, more', undefined]);
    const counts: number[] = [];
    const files = await taken?.files({ ...listing, found: (count) => counts.push(count) });
    expect(files?.map(({ path }) => path)).toEqual([
      'birds/finch/1',
      'birds/finch/2',
      'birds/finch/3',
      'birds/names.txt',
      'more/4',
    ]);
    expect(counts.at(-1)).toBe(5);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
  });

  it('stops listing a folder when the upload is cancelled', async () => {
    const stop = new AbortController();
    const [taken] = dropped(birds);
    const files = taken?.files({ found: () => stop.abort(), signal: stop.signal });
    await expect(files).rejects.toMatchObject({ code: 'cancelled' });
  });
});
