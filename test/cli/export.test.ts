import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exportBest } from '../../src/cli/actions/export-best.ts';
import { writeAtomically } from '../../src/runtime/write-atomically.ts';
import { bestConfigsOf } from '../../src/documents/best-configs.ts';
import { csvText } from '../../src/documents/csv.ts';
import { bestConfigs } from '../../src/protocol/best-configs.ts';

const study = {
  name: 'mnist',
  direction: 'maximize',
  seed: 7,
  metric: 'accuracy',
  split: 'validation',
} as const;
const best = [
  {
    trial: 4,
    value: 0.94,
    params: { lr: 0.1, kind: 'a,"b"' },
    attempt: 2,
    origin: { operator: 'mutation', parents: [1, 2], generation: 3 },
    energy: 84.5,
  },
  {
    trial: 1,
    value: 0.93,
    params: { lr: 0.2, momentum: 0.9 },
    attempt: 1,
    origin: { operator: 'uniform', parents: [], generation: 0 },
  },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'galapagos-export-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('Export: best-configs.json follows its schema and ranks from 1', () => {
  const file = join(folder, 'best-configs.json');
  exportBest(file, study, best);
  const written = bestConfigs.parse(JSON.parse(readFileSync(file, 'utf8')));
  expect(written).toMatchObject({
    study: 'mnist',
    direction: 'maximize',
    seed: 7,
    metric: 'accuracy',
    split: 'validation',
  });
  expect(
    written.best.map(({ rank, trial, attempt, lineage }) => [
      rank,
      trial,
      attempt,
      lineage?.parents,
    ]),
  ).toEqual([
    [1, 4, 2, [1, 2]],
    [2, 1, 1, []],
  ]);
  expect(written.energy).toBeNull();
  expect(written.best.map(({ energy }) => energy)).toEqual([84.5, null]);
  expect(readdirSync(folder)).toEqual(['best-configs.json']);
});

test('Export: CSV has a column for every parameter of any configuration, quoted where needed', () => {
  expect(csvText(bestConfigsOf(study, best)).split('\r\n')).toEqual([
    'rank,trial,value,metric,split,lr,kind,momentum,attempt,operator,parents,generation,energy',
    '1,4,0.94,accuracy,validation,0.1,"a,""b""",,2,mutation,1 2,3,84.5',
    '2,1,0.93,accuracy,validation,0.2,,0.9,1,uniform,,0,',
    '',
  ]);
});

test('Export: CSV has a column for every objective of a front', () => {
  const front = best.map((trial, i) => ({
    ...trial,
    values: { accuracy: trial.value, weights: i },
  }));
  const [head = '', first = ''] = csvText(bestConfigsOf(study, front)).split('\r\n');
  expect(head).toContain(',split,objective accuracy,objective weights,lr,');
  expect(first).toContain(',validation,0.94,0,0.1,');
});

describe('Export: writes a file completely or not at all', () => {
  test('names a file that cannot be written and leaves nothing', () => {
    mkdirSync(join(folder, 'taken'));
    expect(() => writeAtomically(join(folder, 'taken'), 'x')).toThrow(
      `cannot write ${join(folder, 'taken')}: a folder with that name exists`,
    );
    expect(() => writeAtomically(join(folder, 'no', 'x.json'), 'x')).toThrow(
      'its folder does not exist',
    );
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  test('leaves the old or the new content after a kill at any instant', async () => {
    const file = join(folder, 'x.json');
    writeFileSync(file, '{"i":-1,"filling":""}');
    for (let round = 0; round < 4; round++) {
      const script = join(import.meta.dirname, '../support/write-forever-process.ts');
      const child = spawn(process.execPath, ['--import', 'tsx', script, file], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exit = once(child, 'exit');
      await once(child.stdout, 'data');
      // At some time during the writes that follow.
      for (let turns = 0; turns < 50 + 137 * round; turns++) await new Promise(setImmediate);
      child.kill('SIGKILL');
      await exit;
      const { i, filling } = JSON.parse(readFileSync(file, 'utf8')) as {
        i: number;
        filling: string;
      };
      expect(filling).toBe(String(i % 10).repeat(200_000));
    }
  });
});

describe('Command line: note of an exported study', () => {
  test('contains the note of a study beside its name, and none where there is none', () => {
    expect(bestConfigs.parse(bestConfigsOf({ ...study, note: 'é\n2' }, best))).toMatchObject({
      study: 'mnist',
      note: 'é\n2',
    });
    expect(bestConfigsOf({ ...study, note: '' }, best)).not.toHaveProperty('note');
  });
});
