import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { MNIST, catalogueOf } from '../../src/datasets/catalogue.ts';
import { referenceTo, referenced } from '../../src/datasets/content.ts';
import { DatasetError } from '../../src/datasets/dataset-error.ts';

const src = fileURLToPath(new URL('../../src', import.meta.url));
const catalogue = catalogueOf(null);

describe('Datasets: references by content', () => {
  it('names a dataset with the hash of its content, and none that is unknown', () => {
    expect(referenceTo(catalogue, 'mnist')).toEqual({ name: 'mnist', content: MNIST.content });
    expect(referenceTo(catalogue, 'nowhere')).toBeNull();
  });

  it('gives no reference to a dataset whose record is damaged', () => {
    const damaged = {
      names: () => [],
      find: () => {
        throw new DatasetError({ file: 'x' }, 'damaged');
      },
    };
    expect(referenceTo(damaged, 'x')).toBeNull();
  });

  it('finds the dataset of equal content, and nothing under a name unknown here', () => {
    expect(referenced(catalogue, { name: 'mnist', content: MNIST.content })).toBe(MNIST);
    expect(referenced(catalogue, { name: 'nowhere', content: MNIST.content })).toBeUndefined();
  });

  it('refuses other content under the same name: which dataset, both hashes, what to do', () => {
    const content = '0'.repeat(64);
    expect(() => referenced(catalogue, { name: 'mnist', content })).toThrow(
      new RegExp(`^mnist: .*expected SHA-256 ${content}, found ${MNIST.content}; import `),
    );
  });
});

describe('Datasets: their folders', () => {
  it('are named in one file only', () => {
    const named = readdirSync(src, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('renderer'))
      .filter((file) => /join\([^;]*?'datasets'/.test(readFileSync(join(src, file), 'utf8')));
    expect(named).toEqual([join('datasets', 'places.ts')]);
  });
});
