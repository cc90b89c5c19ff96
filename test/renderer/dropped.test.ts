import { describe, expect, it } from 'vitest';
import { takenOf, takenOfFiles, takenOfPaths } from '../../src/renderer/take-in/dropped.ts';
import type { Taken } from '../../src/renderer/take-in/dropped.ts';

const listing = { found: () => undefined, signal: new AbortController().signal };

/** Labels, paths, and what is to be sent. */
async function shape(taken: readonly Taken[]): Promise<unknown[]> {
  return Promise.all(
    taken.map(async ({ label, paths, files }) => [
      label,
      paths,
      (await files(listing)).map(({ path }) => path),
    ]),
  );
}

describe('what was dropped or chosen together', () => {
  it('is one import where it is data, whether the host finds it or it must be sent; labs and studies stand alone', async () => {
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

  it('is named by the first of many', () => {
    const many = takenOfPaths(
      Array.from({ length: 1_006 }, (_, i) => `C:\\data\\${String(i)}.bin`),
    );
    expect(many.map(({ label, paths }) => [label, paths?.length])).toEqual([
      ['0.bin, 1.bin, 2.bin, 3.bin and 1,002 more', 1_006],
    ]);
    expect(takenOfPaths([])).toEqual([]);
  });
});

describe('folders that are dropped', () => {
  const fileEntry = (name: string): object => ({
    name,
    isFile: true,
    file: (resolve: (file: File) => void) => queueMicrotask(() => resolve(new File(['x'], name))),
  });
  /** Its reader tells two at a time. */
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

  it('are one thing at once, whose files are counted while they are found', async () => {
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

  it('are let go when that is cancelled', async () => {
    const stop = new AbortController();
    const [taken] = dropped(birds);
    const files = taken?.files({ found: () => stop.abort(), signal: stop.signal });
    await expect(files).rejects.toMatchObject({ code: 'cancelled' });
  });
});
