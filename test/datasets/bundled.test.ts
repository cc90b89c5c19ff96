import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { MNIST } from '../../src/datasets/catalogue.ts';
import { loadDataset } from '../../src/datasets/dataset.ts';
import { splitValidation } from '../../src/datasets/split.ts';
import { shuffled, stepsOf } from '../../src/training/run/order.ts';

const RESOURCES = new URL('../../resources', import.meta.url).pathname;
const mnist = MNIST;

describe('Datasets: built-in MNIST', () => {
  let folder: string | undefined;
  afterEach(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
    folder = undefined;
  });

  it('has 60,000 and 10,000 images in ten classes', async () => {
    const { view } = await loadDataset(mnist, RESOURCES);
    expect([view.samples, view.x.length, Math.max(...view.y)]).toEqual([70000, 70000 * 784, 9]);
    expect([...view.y.subarray(0, 5), ...view.y.subarray(60000, 60003)]).toEqual([
      5, 0, 4, 1, 9, 7, 2, 1,
    ]);
  });

  it('is refused by name, with both checksums, if one byte differs', async () => {
    folder = mkdtempSync(join(tmpdir(), 'galapagos-'));
    cpSync(join(RESOURCES, 'datasets'), join(folder, 'datasets'), { recursive: true });
    const path = join(folder, 'datasets/mnist/t10k-labels-idx1-ubyte.gz');
    const bytes = readFileSync(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    await expect(loadDataset(mnist, folder)).rejects.toThrow(
      /t10k-labels-idx1-ubyte\.gz: expected SHA-256 ae18e77e\w+, found \w{64} \(the file was changed/,
    );
    rmSync(path);
    await expect(loadDataset(mnist, folder)).rejects.toThrow(
      /t10k-labels-idx1-ubyte\.gz: cannot be read/,
    );
  });
});

describe('Datasets: orders and splits', () => {
  it('shuffle ten samples as every recorded study did', () => {
    expect([...shuffled(10, 7, 0)]).toEqual([2, 7, 8, 6, 0, 9, 3, 4, 1, 5]);
    expect([...shuffled(10, 7, 1)]).toEqual([0, 7, 9, 2, 5, 6, 8, 4, 3, 1]);
  });

  it('produce the 24 orders of four samples with equal frequency', () => {
    const counts = new Map<string, number>();
    const draws = 24 * 100;
    for (let seed = 0; seed < draws; seed++) {
      const key = shuffled(4, seed, 0).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - 100) ** 2 / 100, 0);
    expect(counts.size).toBe(24);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom, p = .001
  });

  it('divide every class by its share, disjoint and complete, by the seed only', () => {
    const drawn = fc.record({
      labels: fc.array(fc.nat(3), { minLength: 1, maxLength: 200 }),
      share: fc.double({ min: 0, max: 0.9, noNaN: true }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(drawn, ({ labels, share, seed }) => {
        const { training, validation } = splitValidation(labels, 4, share, seed);
        expect([...training, ...validation].sort((a, b) => a - b)).toEqual(labels.map((_, i) => i));
        expect(validation.length).toBe(Math.round(labels.length * share));
        for (let c = 0; c < 4; c++) {
          const wanted = labels.filter((l) => l === c).length * share;
          expect(
            Math.abs([...validation].filter((i) => labels[i] === c).length - wanted),
          ).toBeLessThan(1 + 1e-9);
        }
        expect(splitValidation(labels, 4, share, seed)).toEqual({ training, validation });
      }),
    );
  });

  it('count steps: MNIST has 469 with 96 samples in the last, or 468 when the rest is dropped', () => {
    expect(stepsOf(60000, 128, 'keep')).toEqual({ steps: 469, last: 96 });
    expect(stepsOf(60000, 128, 'drop')).toEqual({ steps: 468, last: 128 });
    expect(stepsOf(128, 128, 'keep')).toEqual({ steps: 1, last: 128 });
    expect(stepsOf(5, 8, 'keep')).toEqual({ steps: 1, last: 5 });
  });
});
