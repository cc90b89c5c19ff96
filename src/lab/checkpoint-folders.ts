/**
 * Deletes the checkpoint folders of trials that have ended, as their study wants: of all, or of all
 * but the best. A worker cannot decide this: whether a failed attempt is repeated, and which trial
 * is the best, the scheduler knows.
 */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Study, Change } from '../core/scheduling/index.ts';
import { checkpointsFolder } from '../objectives/command/attempt-folders.ts';
import { objectiveKind } from '../objectives/registry.ts';

export class CheckpointFolders {
  readonly #userFolder: string;
  /** The best trial of each study whose folder is kept. */
  readonly #best = new Map<string, number>();

  constructor(userFolder: string) {
    this.#userFolder = userFolder;
  }

  changed({ uid, spec, best }: Pick<Study, 'uid' | 'spec' | 'best'>, change: Change): void {
    if (change.kind !== 'trialEnded' && change.kind !== 'study') return;
    const keeps = objectiveKind(spec.objective.kind)?.keepsCheckpoints(spec.objective) ?? null;
    if (keeps === null || keeps === 'all') return;
    if (change.kind === 'study') {
      // Removes what an earlier process of this lab did not know to be surpassed.
      if (change.state === 'finished' && spec.objectives === undefined)
        void this.#removeAllBut(uid, keeps === 'best' ? best : null);
      return;
    }
    const { number, isBest } = change;
    if (keeps === 'none' || !isBest) void this.#remove(uid, number);
    // A trial that joins a front need not displace another.
    if (keeps === 'none' || best === null || spec.objectives !== undefined) return;
    const former = this.#best.get(uid);
    if (former !== undefined && former !== best.number) void this.#remove(uid, former);
    this.#best.set(uid, best.number);
  }

  async #removeAllBut(study: string, best: Study['best']): Promise<void> {
    const names = await readdir(checkpointsFolder(this.#userFolder, study)).catch(() => []);
    for (const name of names)
      if (name !== String(best?.number)) await this.#remove(study, Number(name));
    // Fails unless it is empty.
    await rmdir(checkpointsFolder(this.#userFolder, study)).catch(() => undefined);
  }

  async #remove(study: string, trial: number): Promise<void> {
    const folder = join(checkpointsFolder(this.#userFolder, study), String(trial));
    // A folder that cannot be deleted stays; it only takes space.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}
