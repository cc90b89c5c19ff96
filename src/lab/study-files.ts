/**
 * Files of studies in the user folder: notes which snapshots the studies of a lab need, and deletes
 * output, checkpoints and snapshot of a study that is removed.
 */
import { rm } from 'node:fs/promises';
import type { Study } from '../core/scheduling/index.ts';
import { checkpointsFolder } from '../objectives/checkpoint-places.ts';
import { outputsFolder } from '../objectives/command/output/output-log.ts';
import { SnapshotStore } from '../objectives/command/snapshot/snapshot-store.ts';
import { objectiveKind } from '../objectives/registry.ts';

type Stored = Pick<Study, 'uid' | 'spec'>;

/** Notes that a study of the lab needs its snapshot. @param lab absolute path of the lab file */
export function noteSnapshot(userFolder: string, lab: string, { uid, spec }: Stored): void {
  const hash = snapshotOf(spec);
  if (hash !== null) SnapshotStore.own(userFolder).need(hash, { study: uid, lab });
}

/** Deletes the files of a study that is removed for good. Files that cannot be deleted stay. */
export async function removeStudyFiles(userFolder: string, { uid, spec }: Stored): Promise<void> {
  for (const folder of [outputsFolder(userFolder, uid), checkpointsFolder(userFolder, uid)])
    await rm(folder, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  const hash = snapshotOf(spec);
  if (hash !== null) SnapshotStore.own(userFolder).release(hash, uid);
}

function snapshotOf({ objective }: Study['spec']): string | null {
  try {
    return objectiveKind(objective.kind)?.snapshot(objective)?.hash ?? null;
  } catch {
    // A study of another release, whose objective this one cannot read.
    return null;
  }
}
