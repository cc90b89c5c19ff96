/** The presets of the published protocol on CIFAR-10, on 96 of its images and with one epoch. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { built, start } from '../support/built-command.ts';
import type { Ended } from '../support/built-command.ts';
import { tar } from '../support/dataset-files.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const RECORD = 3073;
const TRAINING = 80;

describe('Presets of the published protocol on CIFAR-10', () => {
  const folder = temporaryFolder();
  afterAll(() => folder.remove());

  const galapagos = (...args: string[]): Promise<Ended> =>
    start(args, folder.path, undefined, { GALAPAGOS_HOME: folder.file('home') }).ended;

  beforeAll(async () => {
    await built();
    const images = gunzipSync(
      readFileSync(join(root, 'test/training/fixtures/cifar-10-96.bin.gz')),
    );
    const archive = tar({
      'cifar/data_batch_1.bin': images.subarray(0, RECORD * TRAINING),
      'cifar/test_batch.bin': images.subarray(RECORD * TRAINING),
    });
    writeFileSync(folder.file('cifar.tar.gz'), gzipSync(archive));
    const { code, stderr } = await galapagos(
      ...['datasets', 'import', 'cifar.tar.gz', '--name', 'cifar-10'],
    );
    expect(code, stderr).toBe(0);
  });

  it.each(['grid', 'random', 'evolution'])('trains and ends: %s', async (search) => {
    const preset = readFileSync(
      join(root, `resources/studies/paper-cifar10-${search}.json`),
      'utf8',
    );
    expect(preset).toContain('"epochs": 20');
    writeFileSync(folder.file(`${search}.json`), preset.replace('"epochs": 20', '"epochs": 1'));
    const { code, stdout, stderr } = await galapagos(
      ...['run', `./${search}.json`, '--trials', '2', '--lab', `${search}.db`],
    );
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('2 of 2 trials');
    expect(stdout).toContain('the test set selects the best trial, as in the published protocol');
  });
});
