import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Change, Study } from '../../src/core/scheduling/index.ts';
import { CheckpointFolders } from '../../src/lab/checkpoint-folders.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

const path = (trial: number): string => join(folder.path, 'checkpoints', 'uid', String(trial));

describe('Lab: checkpoint folders of programs', () => {
  function studyOf(checkpoints: string, listed = false) {
    const objective = { kind: 'command', command: ['a'], keep: { checkpoints } };
    const objectives = listed ? { objectives: [] } : {};
    const sampler = { name: 'random' };
    const study = { uid: 'uid', spec: { objective, sampler, ...objectives }, best: null };
    return study as unknown as { best: Study['best'] } & Pick<Study, 'uid' | 'spec' | 'columns'>;
  }

  /** Ends trials with these values, as the scheduler tells of them. */
  function end(study: ReturnType<typeof studyOf>, values: readonly number[]): CheckpointFolders {
    const folders = new CheckpointFolders(folder.path);
    for (const [number, value] of values.entries()) {
      mkdirSync(path(number), { recursive: true });
      const isBest = value < (study.best?.value ?? Infinity);
      if (isBest) study.best = { number, value };
      folders.changed(study, { kind: 'trialEnded', number, isBest } as Change);
    }
    return folders;
  }
  const left = (): number[] => [0, 1, 2, 3].filter((trial) => existsSync(path(trial)));

  it('keep those of the best trial, of all, or of none', async () => {
    end(studyOf('best'), [3, 1, 2, 0]);
    await expect.poll(left).toEqual([3]);
    end(studyOf('none'), [3, 1, 2, 0]);
    await expect.poll(left).toEqual([]);
    end(studyOf('all'), [3, 1, 2, 0]);
    expect(left()).toEqual([0, 1, 2, 3]);
  });

  it('keep those of every trial that joined a front', async () => {
    end(studyOf('best', true), [3, 4, 2, 5]);
    await expect.poll(left).toEqual([0, 2]);
  });

  it('lose those of surpassed trials of an earlier process when the study is finished', async () => {
    const study = studyOf('best');
    end(study, [3]);
    mkdirSync(path(2), { recursive: true });
    new CheckpointFolders(folder.path).changed(study, {
      kind: 'study',
      state: 'finished',
    } as Change);
    await expect.poll(left).toEqual([0]);
  });
});

describe('Lab: checkpoint folders of population-based training', () => {
  const folderOf = (trial: number): string =>
    join(folder.path, 'checkpoints', 'uid', String(trial));
  /** Four members: trials 0 to 3 are their first round, 4 to 7 the second, and so on. */
  const studyOf = (size: number, best: number): Study => {
    const sampler = { name: 'pbt', population: 4 };
    const columns = {
      size,
      parents: (number: number) => (number < 4 ? [] : [number - 4]),
      generation: (number: number) => Math.floor(number / 4),
    };
    const spec = { objective: { kind: 'train' }, sampler };
    return { uid: 'uid', spec, best: { number: best, value: 1 }, columns } as unknown as Study;
  };
  const left = (): number[] =>
    Array.from({ length: 16 }, (_, trial) => trial).filter((trial) => existsSync(folderOf(trial)));
  const begin = (trials: number): CheckpointFolders => {
    for (let trial = 0; trial < trials; trial++) mkdirSync(folderOf(trial), { recursive: true });
    return new CheckpointFolders(folder.path);
  };
  const ended = { kind: 'trialEnded', number: 0, isBest: false } as Change;

  it('stay while a member may start from them, and for the best trial', async () => {
    const folders = begin(12);
    folders.changed(studyOf(11, 1), ended);
    expect(left()).toHaveLength(12);
    folders.changed(studyOf(12, 1), ended);
    await expect.poll(left).toEqual([1, 4, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('stay for the best trial alone when the study is finished', async () => {
    begin(12).changed(studyOf(12, 9), { kind: 'study', state: 'finished' } as Change);
    await expect.poll(left).toEqual([9]);
  });
});
