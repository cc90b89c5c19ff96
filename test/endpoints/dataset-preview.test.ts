import { describe, expect, it } from 'vitest';
import { toWindowPreview } from '../../src/endpoints/uploads/dataset-preview.ts';

describe('Dataset preview: pictures', () => {
  it('sends colour samples as pixels and leaves the place of a missing sample black', () => {
    const about = {
      name: 'x',
      kind: '',
      match: '',
      shape: [3, 1, 2],
      sampleType: 'u8',
      classNames: ['a', 'b'],
      targets: 0,
      content: '',
    } as const;
    const split = { samples: 3, sha256: '', perClass: [2, 1] };
    const statistics = { mean: [0, 0, 0], deviation: [1, 1, 1] };
    const shown = toWindowPreview(
      {
        ...about,
        ...{
          training: split,
          test: split,
          drawn: null,
          statistics,
          bytes: 0,
          table: null,
          warnings: [],
          label: null,
          notes: [],
        },
        grid: {
          ...{ channels: 3, height: 1, width: 2, reduced: 1 },
          columns: [
            {
              class: 0,
              samples: 2,
              pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16),
            },
            { class: 1, samples: 1, pixels: Uint8Array.of(21, 22, 23, 24, 25, 26) },
          ],
        },
      },
      { path: null, imported: null, again: false },
    );
    expect(shown.samples).toMatchObject({ rows: 2, counts: [2, 1], columns: ['a', 'b'] });
    expect([...Buffer.from(shown.samples?.pixels ?? '', 'base64')]).toEqual([
      ...[1, 3, 5, 2, 4, 6, 21, 23, 25, 22, 24, 26],
      ...[11, 13, 15, 12, 14, 16, 0, 0, 0, 0, 0, 0],
    ]);
  });
});
