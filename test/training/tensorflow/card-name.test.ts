import { afterEach, describe, expect, it } from 'vitest';
import { usableMemory } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import { visibleCardName } from '../../../src/training/executors/tensorflow/card-name.ts';
import { writeTree } from '../../support/file-tree.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder | null = null;
afterEach(() => folder?.remove());

const information = (model: string, uuid: string): string =>
  `Model: \t\t ${model}\nIRQ:   \t\t 91\nGPU UUID: \t ${uuid}\nDevice Minor: \t 0\n`;
const FIRST = 'GPU-4f6c0a55-9a1b-6a40-3a0e-0f3d1b1a7c11';
const SECOND = 'GPU-8fe3a97d-51f6-a669-0d80-b4530b81b816';

function cards(): string {
  folder = temporaryFolder();
  writeTree(folder.path, {
    '0000:41:00.0/information': information('NVIDIA H100 80GB HBM3', FIRST),
    '0000:c1:00.0/information': information('NVIDIA GeForce RTX 3080', SECOND),
  });
  return folder.path;
}

describe('TensorFlow: name of the card', () => {
  it.each([
    [SECOND, 'NVIDIA GeForce RTX 3080'],
    [FIRST.toUpperCase(), 'NVIDIA H100 80GB HBM3'],
    ['', 'NVIDIA H100 80GB HBM3'],
    ['GPU-00000000-0000-0000-0000-000000000000', 'cuda'],
    ['MIG-5c8c8f0c-9c33-5a2f-9f2c-2a5d5f2b8c11', 'cuda'],
  ])('is that of the card that CUDA_VISIBLE_DEVICES names: %s', (visible, name) => {
    expect(visibleCardName(visible, cards())).toBe(name);
  });

  it('is “cuda” where the driver has no files', () => {
    expect(visibleCardName('', '/no/such/folder')).toBe('cuda');
  });
});

describe('TensorFlow: memory', () => {
  it("is that of the worker's card, and never the host's where it computes on one", () => {
    const env = { GALAPAGOS_GPU_MEMORY: '85520809984' };
    expect(usableMemory(true, env, 7)).toBe(85_520_809_984);
    expect(usableMemory(true, {}, 7)).toBe(2 * 2 ** 30);
    expect(usableMemory(false, env, 7)).toBe(7);
  });
});
