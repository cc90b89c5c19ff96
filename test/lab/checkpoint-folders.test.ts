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
    const study = { uid: 'uid', spec: { objective, ...objectives }, best: null };
    return study as unknown as { best: Study['best'] } & Pick<Study, 'uid' | 'spec'>;
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
