/** Tests that a worker can speak while it copies and deletes the files of programs. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  AttemptFolderPool,
  removeAbandonedFolders,
} from '../../../src/objectives/command/attempt/attempt-folders.ts';
import { Checkout } from '../../../src/objectives/command/snapshot/checkout.ts';
import { SnapshotStore } from '../../../src/objectives/command/snapshot/snapshot-store.ts';
import { takeSnapshot } from '../../../src/objectives/command/snapshot/take-snapshot.ts';
import { checkpointFolder } from '../../../src/objectives/checkpoint-places.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const FILES = 200;

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

function fill(path: string, bytes = 1): void {
  mkdirSync(path, { recursive: true });
  for (let i = 0; i < FILES; i++) writeFileSync(join(path, `${i}.bin`), Buffer.alloc(bytes, i));
}

/** Returns how many turns the event loop had meanwhile, and the result. */
async function turnsOf<T>(act: () => Promise<T>): Promise<{ turns: number; result: T }> {
  let [turns, isDone] = [0, false];
  const turn = (): void => {
    turns += 1;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const result = await act();
  isDone = true;
  return { turns, result };
}

describe('Large files of programs hold up nothing', () => {
  it('while the checkpoints of another trial are copied, and outdated ones deleted', async () => {
    fill(checkpointFolder(folder.path, 'uid', 3));
    const pool = new AttemptFolderPool(folder.path);
    const attempt = { study: 'uid', number: 7, attemptNumber: 1 };
    const copied = await turnsOf(() => pool.create(attempt, {}, 3));
    expect(readdirSync(copied.result.checkpointDir)).toHaveLength(FILES);
    expect(copied.turns).toBeGreaterThan(20);
    // What an earlier attempt left in its copy is deleted first.
    writeFileSync(join(copied.result.checkpointDir, 'changed'), '');
    const again = await turnsOf(() => pool.create({ ...attempt, attemptNumber: 2 }, {}, 3));
    expect(readdirSync(again.result.checkpointDir)).toHaveLength(FILES);
    expect(again.turns).toBeGreaterThan(20);
  });

  it('while the files of an attempt are deleted', async () => {
    const pool = new AttemptFolderPool(folder.path);
    const attempt = { study: 'uid', number: 0, attemptNumber: 1 };
    const folders = await pool.create(attempt, {});
    for (const each of [folders.trialDir, folders.temporaryDir]) fill(each);
    const { turns } = await turnsOf(() => folders.remove());
    expect(readdirSync(folders.trialDir)).toEqual([]);
    expect(turns).toBeGreaterThan(20);
  });

  it('while the folders of workers that are gone are deleted', async () => {
    const left = join(folder.path, 'runs', String(process.pid));
    fill(join(left, '1', 'files', 'sub'));
    const { turns } = await turnsOf(() => removeAbandonedFolders(folder.path));
    expect(existsSync(left)).toBe(false);
    expect(turns).toBeGreaterThan(1);
  });

  it('while a copy of the project folder is written, and what programs add to it deleted', async () => {
    const project = folder.file('project');
    fill(project, 200_000);
    const store = SnapshotStore.own(folder.file('home'));
    const { hash } = await takeSnapshot(project, store);
    const snapshot = { hash, place: store.placeOf(hash) ?? '', entries: store.entries(hash) ?? [] };
    const made = await turnsOf(() => Checkout.create(folder.file('copy'), snapshot, project));
    expect(made.turns).toBeGreaterThan(1);
    const copy = made.result;
    for (const name of ['a', 'b', 'c', 'd']) fill(join(copy.folder, name));
    const restored = await turnsOf(() => copy.restore());
    expect(readdirSync(copy.folder)).toHaveLength(FILES);
    expect(restored.turns).toBeGreaterThan(3);
  });
});
