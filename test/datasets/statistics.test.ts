import { describe, expect, it } from 'vitest';
import { Statistics } from '../../src/datasets/import/statistics.ts';

describe('Datasets: statistics of bytes', () => {
  it('are exact for images of any size, also for the extreme values', () => {
    for (const [height, width] of [
      [1, 1],
      [32, 32],
      [300, 400],
    ] as const) {
      const plane = height * width;
      const statistics = new Statistics({
        shape: [2, height, width],
        sampleType: 'u8',
        targets: 0,
      });
      // Sums are taken around the first value: all others of the second channel are 255 away from
      // it.
      const images = [0, 1, 2].map((n) =>
        Uint8Array.from({ length: 2 * plane }, (_, i) =>
          i < plane ? (i * 7 + n) % 256 : n + i === plane ? 0 : 255,
        ),
      );
      for (const image of images) statistics.add(image);
      const { mean, deviation } = statistics.finish();
      for (const channel of [0, 1]) {
        const values = images.flatMap((image) => [
          ...image.subarray(channel * plane, (channel + 1) * plane),
        ]);
        const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
        const variance =
          values.reduce((sum, value) => sum + (value - expected) ** 2, 0) / values.length;
        expect(mean[channel]).toBeCloseTo(expected / 255, 12);
        expect(deviation[channel]).toBeCloseTo(variance === 0 ? 1 : Math.sqrt(variance) / 255, 10);
      }
    }
  });

  it('throws on a sample of another length', () => {
    const statistics = new Statistics({ shape: [1, 2, 2], sampleType: 'u8', targets: 0 });
    for (const length of [3, 5])
      expect(() => statistics.add(new Uint8Array(length))).toThrow(
        `a sample of ${length} values, not 4`,
      );
  });
});
