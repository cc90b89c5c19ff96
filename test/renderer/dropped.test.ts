import { describe, expect, it } from 'vitest';
import { takenOfFiles, takenOfPaths } from '../../src/renderer/take-in/dropped.ts';

describe('what was dropped or chosen together', () => {
  it('is one import where it is data, whether the host finds it or it must be sent; labs and studies stand alone', () => {
    const names = ['images.gz', 'lab.db', 'labels.gz', 'study.json'];
    const found = takenOfPaths(names.map((name) => `/home/someone/${name}`));
    expect(found).toEqual([
      { label: 'lab.db', paths: ['/home/someone/lab.db'], files: [] },
      { label: 'study.json', paths: ['/home/someone/study.json'], files: [] },
      { label: 'images.gz, labels.gz', paths: ['/home/someone/images.gz', '/home/someone/labels.gz'], files: [] },
    ]);
    const files = names.map((name) => Object.assign(new File(['x'], name), { webkitRelativePath: '' }));
    const shape = (taken: typeof found): object[] =>
      taken.map(({ label, paths, files: { length } }) => ({ label, sees: paths !== null, length }));
    expect(shape(takenOfFiles(files, () => null))).toEqual([
      { label: 'lab.db', sees: false, length: 1 },
      { label: 'study.json', sees: false, length: 1 },
      { label: 'images.gz, labels.gz', sees: false, length: 2 },
    ]);
    expect(takenOfFiles(files, (file) => `/home/someone/${file.name}`)).toEqual(found);
  });

  it('is named by the first of many', () => {
    const many = takenOfPaths(Array.from({ length: 1_006 }, (_, i) => `C:\\data\\${String(i)}.bin`));
    expect(many.map(({ label, paths }) => [label, paths?.length])).toEqual([['0.bin, 1.bin, 2.bin, 3.bin and 1,002 more', 1_006]]);
    expect(takenOfPaths([])).toEqual([]);
  });
});
