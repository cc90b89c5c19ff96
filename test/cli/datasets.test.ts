/** Tests `datasets` in this process: its output, as text and by its schemas, and its refusals. */
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { progressText } from '../../src/cli/display/import-display.ts';
import { runCli } from '../../src/cli/program.ts';
import {
  datasetOutput,
  datasetsOutput,
  importOutput,
  removeOutput,
} from '../../src/protocol/cli-output.ts';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.ts';

const FIXTURES = join(import.meta.dirname, '../training/fixtures/datasets');

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function datasets(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let [out, err] = ['', ''];
  const write = (chunk: Buffer, _: unknown, done: () => void): void => {
    out += chunk.toString();
    done();
  };
  const stdout = Object.assign(new Writable({ write }), { columns: 80, rows: 24 });
  const env = { GALAPAGOS_HOME: folder.path };
  const streams = {
    stdin: Readable.from([]),
    stdout,
    stderr: { write: (text: string) => (err += text) },
    env,
    cwd: FIXTURES,
  };
  const code = await runCli(['datasets', ...args], streams, {
    runStudy: () => Promise.reject(new Error('nothing runs here')),
  });
  return { code, out, err };
}

describe('Command line: datasets', () => {
  it('import prints classes, counts, splits, shape and statistics; list and show repeat them; remove deletes it', async () => {
    const imported = await datasets('import', 'png.tar.xz', '--name', 'tiny');
    expect([imported.code, imported.err]).toEqual([0, '']);
    for (const text of [
      'images in class folders, archive, ',
      '8 training, 4 test\n',
      '3 × 32 × 32 bytes (channels × height × width)',
      'one of 3 classes',
      '0.5059  0.4836  0.5051',
      'class  training  test\n  bird          3     1\n',
      'Use it in a study file with "dataset": "tiny".',
    ])
      expect(imported.out).toContain(text);
    const list = await datasets('list');
    expect(list.out).toContain(
      'tiny   3×32×32        3         8       4    37 kB  images in class folders, archive\n',
    );
    const names = datasetsOutput
      .parse(JSON.parse((await datasets('list', '--json')).out))
      .datasets.map(({ name }) => name);
    expect(names).toEqual(['mnist', 'tiny']);
    expect((await datasets('show', 'tiny')).out).toBe(
      imported.out.slice(0, imported.out.lastIndexOf('\nImported')),
    );
    expect(
      datasetOutput.parse(JSON.parse((await datasets('show', 'tiny', '--json')).out)).classNames,
    ).toEqual(['bird', 'cat', 'frog']);
    expect(
      removeOutput.parse(JSON.parse((await datasets('remove', 'tiny', '--json')).out)),
    ).toEqual({ removed: 'tiny' });
    expect((await datasets('list')).out).toContain('No datasets imported');
  });

  it('import names the built-in or stored dataset that has the same samples', async () => {
    const mnist = join(import.meta.dirname, '../../resources/datasets/mnist');
    const { code, out } = await datasets('import', mnist);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(
        /nothing was stored\. It has the same samples as the built-in dataset mnist\.\nUse it in a study file with "dataset": "mnist"\.\n$/,
      ),
    ]);
    await datasets('import', 'png.tar.xz', '--name', 'tiny');
    const again = await datasets('import', 'png.tar.xz', '--json');
    expect(importOutput.parse(JSON.parse(again.out))).toMatchObject({
      stored: false,
      same: { name: 'tiny', bundled: false },
    });
    const second = await datasets('import', 'png.tar.xz', '--name', 'other');
    expect(second.out).toContain(
      'It has the same samples as the stored dataset tiny; both share one copy on disk.',
    );
  });

  it('import says how a test set was drawn, keeps nothing in a dry run, and takes its name from the path', async () => {
    const flags = ['import', 'pickle-2/data_batch_1', '--test', '0.25', '--seed', '7', '--dry-run'];
    expect((await datasets(...flags)).out).toContain(
      '6 training, 2 test (the source has no test set: 25 % of each class drawn at random, seed 7)',
    );
    const { stored, dataset } = importOutput.parse(
      JSON.parse((await datasets(...flags, '--json')).out),
    );
    expect([stored, dataset.name, dataset.content, dataset.drawn]).toEqual([
      false,
      'data_batch_1',
      null,
      { share: 0.25, seed: 7 },
    ]);
    expect((await datasets('list')).out).toContain('No datasets imported');
  });

  it.each([
    [['import', 'nothing'], 'nothing: cannot be read'],
    [['import', 'make.py'], 'make.py: offset 0: expected IDX'],
    [['import', 'numbers.parquet'], 'numbers.parquet: schema: expected a column of images'],
    [['import', 'png.tar.xz', '--name', 'a/b'], "a dataset's name: expected letters"],
    [['import', 'png.tar.xz', '--name', 'mnist'], 'mnist is the name of a built-in dataset'],
    [['import', 'png.tar.xz', '--size', '0'], 'Expected a size such as 32x32, found "0"'],
    [['import', 'png.tar.xz', '--test', '1'], 'Expected a share below 1, found "1"'],
    [['import', 'png.tar.xz', '--channels', '2'], 'Allowed choices are 1, 3'],
    [['show', 'mnits'], 'there is no dataset "mnits". Did you mean mnist? The datasets are mnist.'],
    [['remove', 'mnist'], 'mnist is built in and cannot be removed'],
    [['remove', 'x'], 'there is no dataset "x".'],
  ])('refuses %j with exit code 2 and a sentence', async (args, sentence) => {
    const { code, out, err } = await datasets(...args);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain(sentence);
  });
});

describe('Command line: progress of an import', () => {
  it('names the phase, the progress, and the effect of Ctrl-C', () => {
    expect(
      progressText({ phase: 'reading', samples: 12_300, of: null, bytes: 0, ofBytes: null }, 2100),
    ).toBe('reading · 12,300 samples · 2.1 s · Ctrl-C cancels');
    expect(
      progressText({ phase: 'writing', samples: 1, of: 60_000, bytes: 0, ofBytes: null }, 9000),
    ).toBe('writing · 1 of 60,000 samples · 9.0 s · Ctrl-C cancels');
  });
});
