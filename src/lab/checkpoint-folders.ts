/**
 * Deletes the checkpoint folders of trials that have ended, as their study wants: of all, or of all
 * but the best. A worker cannot decide this: whether a failed attempt is repeated, and which trial
 * is the best, the scheduler knows.
 */
import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import type { Study, Change } from '../core/scheduling/index.ts';
import { pausesTrials } from '../core/pruners/create-pruner.ts';
import { trainsInParts } from '../core/samplers/in-parts.ts';
import { PBT_SETTINGS, slowestRound } from '../core/samplers/pbt.ts';
import { checkpointFolder, checkpointsFolder } from '../objectives/checkpoint-places.ts';
import { objectiveKind } from '../objectives/registry.ts';

type ChangedStudy = Pick<Study, 'uid' | 'spec' | 'best'> & {
  readonly columns: Pick<Study['columns'], 'size' | 'parents' | 'generation'>;
};

/** Folders to delete: of a trial, or with `trial` null of all but `keep`. */
export interface Discarded {
  readonly study: string;
  readonly trial: number | null;
  readonly keep: number | null;
}

export class CheckpointFolders {
  readonly #userFolder: string;
  /** The best trial of each study whose folder is kept. */
  readonly #best = new Map<string, number>();

  /** Rounds of each population-based training from which on folders are kept. */
  readonly #neededRound = new Map<string, number>();

  readonly #elsewhere: (discarded: Discarded) => void;

  /** @param elsewhere has other machines delete their folders */
  constructor(userFolder: string, elsewhere: (discarded: Discarded) => void = () => undefined) {
    this.#userFolder = userFolder;
    this.#elsewhere = elsewhere;
  }

  changed(study: ChangedStudy, change: Change): void {
    const { uid, spec, best } = study;
    if (change.kind !== 'trialEnded' && change.kind !== 'study') return;
    const kept = objectiveKind(spec.objective.kind)?.keepsCheckpoints(spec.objective) ?? null;
    // Trials that are parts of trainings leave checkpoints whatever their objective keeps.
    const inParts = trainsInParts(spec.sampler);
    const { pruning } = spec;
    const pauses = pruning !== undefined && pausesTrials(pruning.pruner);
    const keeps = kept ?? (inParts || pauses ? 'best' : null);
    if (keeps === null || keeps === 'all') return;
    if (inParts && change.kind === 'trialEnded') {
      this.#removeOutdated(study);
      return;
    }
    if (change.kind === 'study') {
      // Removes what an earlier process of this lab did not know to be surpassed.
      if (change.state === 'finished' && spec.objectives === undefined)
        void this.#removeAllBut(uid, keeps === 'best' ? (best?.number ?? null) : null);
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

  /**
   * Removes the folders of rounds that no member can start from again: each attempt of a member's
   * last trial needs the round before it.
   */
  #removeOutdated({ uid, spec, best, columns }: ChangedStudy): void {
    const { population = PBT_SETTINGS['population']?.default } = spec.sampler;
    if (typeof population !== 'number' || columns.size < population) return;
    const needed = slowestRound(population, columns) - 1;
    const from = this.#neededRound.get(uid) ?? 0;
    if (needed <= from) return;
    this.#neededRound.set(uid, needed);
    for (let number = 0; number < columns.size; number++) {
      const round = columns.generation(number);
      if (round >= from && round < needed && number !== best?.number)
        void this.#remove(uid, number);
    }
  }

  async #removeAllBut(study: string, keep: number | null): Promise<void> {
    this.#elsewhere({ study, trial: null, keep });
    const names = await readdir(checkpointsFolder(this.#userFolder, study)).catch(() => []);
    for (const name of names)
      if (name !== String(keep)) await this.#removeHere(study, Number(name));
    // Fails unless it is empty.
    await rmdir(checkpointsFolder(this.#userFolder, study)).catch(() => undefined);
  }

  async #remove(study: string, trial: number): Promise<void> {
    this.#elsewhere({ study, trial, keep: null });
    await this.#removeHere(study, trial);
  }

  async #removeHere(study: string, trial: number): Promise<void> {
    const folder = checkpointFolder(this.#userFolder, study, trial);
    // Most folders are missing: this look costs less than a call in the thread pool that fails.
    if (!existsSync(folder)) return;
    // Most of the others are empty, which costs a third of a recursive deletion.
    await rmdir(folder)
      .catch(() => rm(folder, { recursive: true, force: true }))
      // A folder that cannot be deleted stays; it only takes space.
      .catch(() => undefined);
  }
}
