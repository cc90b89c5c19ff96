/**
 * Files of the trials of another machine's lab, whose programs run here: output that the host has
 * not taken, and checkpoints. The host says when they are no longer needed; what it could not say
 * is deleted later. Which lab a study belongs to is noted by lab, because a study is forgotten only
 * when every lab that had it has removed it: a lab file may have been copied.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile, readdir, rm, rmdir, stat } from 'node:fs/promises';
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

/**
 * Notes that this machine runs programs of a lab's study.
 * @param lab its identity
 * @param code hash of the snapshot that the programs run in
 */
export function noteStudyOfLab(userFolder: string, lab: string, study: string, code: string): void {
  if (isPath(study)) return;
  mkdirSync(join(labsFolder(userFolder), lab), { recursive: true, mode: 0o700 });
  writeFileSync(noteOf(userFolder, lab, study), code);
}

/** Uids of the studies of a lab that may have files here. */
export function studiesOfLab(userFolder: string, lab: string): Promise<readonly string[]> {
  return namesIn(join(labsFolder(userFolder), lab));
}

/**
 * Deletes the files of studies that are no longer in a lab. Files of studies that never ran here
 * for this lab, that another lab has as well, or that a lab of this machine has, stay.
 * @returns hashes of snapshots that no other study needs
 */
export async function forgetStudies(
  userFolder: string,
  lab: string,
  studies: readonly string[],
): Promise<string[]> {
  const notes = await notesOf(userFolder);
  const gone = new Set(studies);
  const unused = new Set<string>();
  for (const { study, code } of notes.filter((note) => note.lab === lab && gone.has(note.study))) {
    const isElsewhere = notes.some((each) => each.study === study && each.lab !== lab);
    if (!isElsewhere && !SnapshotStore.own(userFolder).isNeededBy(study))
      await discardLabFiles(userFolder, { study, trial: null, keep: null });
    // Last, so that a kill before leaves the study to be asked for again.
    await removed(noteOf(userFolder, lab, study));
    if (/^[0-9a-f]{64}$/.test(code)) unused.add(code);
  }
  for (const { code } of await notesOf(userFolder)) unused.delete(code);
  return [...unused];
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
  if (isPath(study) || !(await exists(mark))) return;
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
  for (const { lab, study } of await notesOf(userFolder)) {
    const note = noteOf(userFolder, lab, study);
    const used = await stat(note).catch(() => null);
    const isOld = used !== null && now - used.mtimeMs > KEPT_MS;
    if (isOld && !(await exists(join(marks, study)))) await removed(note);
  }
}

function labsFolder(userFolder: string): string {
  return join(userFolder, 'studies-by-lab');
}

/** Path of the note that a lab has a study; its content is the hash of the code. */
function noteOf(userFolder: string, lab: string, study: string): string {
  return join(labsFolder(userFolder), lab, study);
}

async function notesOf(
  userFolder: string,
): Promise<{ readonly lab: string; readonly study: string; readonly code: string }[]> {
  const notes = [];
  for (const lab of await namesIn(labsFolder(userFolder)))
    for (const study of await studiesOfLab(userFolder, lab)) {
      const code = await readFile(noteOf(userFolder, lab, study), 'utf8').catch(() => '');
      notes.push({ lab, study, code });
    }
  return notes;
}

/** Returns whether a uid is not the name of one entry. */
function isPath(study: string): boolean {
  return /[\\/]|^\.+$/.test(study);
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
