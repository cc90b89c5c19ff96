/**
 * Reports of the executor without TensorFlow: absent, incomplete, or with an invalid description.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { TensorflowExecutor } from '../../../src/training/executors/tensorflow/tensorflow.ts';
import {
  INSTALLATION_FILE,
  packageFiles,
} from '../../../src/training/executors/tensorflow/installation.ts';
import { temporaryFolder, type TemporaryFolder } from '../../support/temporary-folder.ts';

const CPU = packageFiles('@tensorflow/tfjs-node');
const WHOLE = {
  format: 'galapagos-tensorflow/1',
  tensorflow: '2.20.0',
  tfjs: '4.22.0',
  cuda: false,
  binding: 'compiled',
};

const made: TemporaryFolder[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) folder.remove();
});

function emptyFolder(): string {
  const folder = temporaryFolder();
  made.push(folder);
  return folder.path;
}

function folderWith(description: unknown, files: readonly string[]): string {
  const folder = emptyFolder();
  writeFileSync(
    join(folder, INSTALLATION_FILE),
    typeof description === 'string' ? description : JSON.stringify(description),
  );
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), 'not a library');
  }
  return folder;
}

async function reasonIn(folder: string): Promise<string> {
  const usable = await new TensorflowExecutor({ folder }).probe();
  if (usable.usable) throw new Error('a made-up installation cannot be usable');
  expect(usable.remedy).toBe('galapagos backend install tensorflow sets it up');
  return usable.reason;
}

describe('TensorFlow: probe', () => {
  it('names the missing file', async () => {
    const folder = emptyFolder();
    expect(await reasonIn(folder)).toBe(
      `not installed: ${join(folder, INSTALLATION_FILE)} does not exist`,
    );
    const [library = ''] = CPU.libraries;
    const half = folderWith(WHOLE, [CPU.binding]);
    expect(await reasonIn(half)).toBe(`incomplete: ${join(half, library)} does not exist`);
  });

  it.each([
    ['{', /JSON/],
    [
      { ...WHOLE, format: 'galapagos-tensorflow/2' },
      /format: expected "galapagos-tensorflow\/1", found "galapagos-tensorflow\/2"/,
    ],
    [{ ...WHOLE, cuda: 'yes' }, /cuda: expected true or false, found "yes"/],
    [{ ...WHOLE, tensorflow: undefined }, /tensorflow: expected a version, found nothing/],
  ])('reports a problem of the description: %j', async (description, reason) => {
    expect(await reasonIn(folderWith(description, []))).toMatch(reason);
  });

  it('reports the system loader’s error for an invalid binding', async () => {
    expect(await reasonIn(folderWith(WHOLE, [CPU.binding, ...CPU.libraries]))).toMatch(
      /tfjs_binding\.node does not load: /,
    );
  });
});
