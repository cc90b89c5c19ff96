/**
 * Files of the trials of another machine's lab, whose programs run here: output that the host has
 * not taken, and checkpoints. The host says when they are no longer needed; what it could not say
 * is deleted later.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointFolder, checkpointsFolder } from '../checkpoint-places.ts';
import { SnapshotStore } from './snapshot/snapshot-store.ts';
import type { Discard } from '../../protocol/worker-messages.ts';

/** Milliseconds after which the files of a study that no worker ran meanwhile are deleted. */
const KEPT_MS = 30 * 86_400_000;

/** Folder for the output of a trial's attempts. @param study its uid */
export function labOutputFolder(userFolder: string, study: string, trial: number): string {
  return join(labOutputsFolder(userFolder, study), String(trial));
}

function labOutputsFolder(userFolder: string, study: string): string {
  return join(userFolder, 'output-of-labs', study);
}

/** Notes that this machine runs programs of a study. */
export function noteLabStudy(userFolder: string, study: string): void {
  const marks = join(userFolder, 'studies-of-labs');
  mkdirSync(marks, { recursive: true, mode: 0o700 });
  writeFileSync(join(marks, study), '');
}

/** Deletes files as the host says. Files of studies that never ran here stay. */
export async function discardLabFiles(
  userFolder: string,
  { study, trial, keep }: Pick<Discard, 'study' | 'trial' | 'keep'>,
): Promise<void> {
  const mark = join(userFolder, 'studies-of-labs', study);
  if (/[\\/]|^\.+$/.test(study) || !(await exists(mark))) return;
  if (trial !== null) {
    await removed(checkpointFolder(userFolder, study, trial));
    return;
  }
  await removed(labOutputsFolder(userFolder, study));
  const checkpoints = checkpointsFolder(userFolder, study);
  for (const name of await namesIn(checkpoints))
    if (keep === null || name !== String(keep)) await removed(join(checkpoints, name));
  await rmdir(checkpoints).catch(() => undefined);
  if (!(await exists(checkpoints))) await removed(mark);
}

/**
 * Deletes the files of studies that no worker ran for a month. Those of a lab of this machine stay:
 * a node beside the host shares its checkpoints.
 */
export async function sweepLabFiles(userFolder: string, now: number): Promise<void> {
  const marks = join(userFolder, 'studies-of-labs');
  for (const study of await namesIn(marks)) {
    const used = await stat(join(marks, study)).catch(() => null);
    const isOld = used !== null && now - used.mtimeMs > KEPT_MS;
    if (isOld && !SnapshotStore.own(userFolder).isNeededBy(study))
      await discardLabFiles(userFolder, { study, trial: null, keep: null });
  }
}

/** Deletes a folder. One that cannot be deleted stays; it only takes space. */
async function removed(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}
