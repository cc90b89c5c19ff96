/** The open lab: its coordinator, its workers and the listeners to its changes. */
import type { Coordinator, CoordinatorListener } from '../coordinator/coordinator.ts';
import { GalapagosError } from '../core/errors.ts';
import type { Change, LabChange } from '../core/scheduling/index.ts';
import type { Damage } from '../lab/lab-check.ts';
import type { LocalCourtesy } from './local-courtesy.ts';
import type { LabShare } from './share.ts';
import type { WorkersWanted } from './local-workers.ts';
import type { RunningLab } from './start-lab.ts';

export interface LabListener {
  show?(study: string, change: Change): void;
  showLab?(change: LabChange): void;
  /** The coordinator's state may have changed. */
  turned?(): void;
  /** The coordinator has stopped for good: `OpenLab.failure`. */
  failed?(): void;
  /** The lab file contains invalid data: `OpenLab.damage`. */
  damaged?(): void;
}

/** Opens a lab file for a listener, without starting workers. */
export type LabStarter = (
  file: string,
  listener: CoordinatorListener & { workerExited(): void; damaged(damage: Damage): void },
) => Promise<RunningLab>;

export class OpenLab {
  readonly file: string;
  readonly #running: RunningLab;
  readonly #listeners: Set<LabListener>;
  #failure: Error | null = null;
  #damage: Damage | null = null;

  private constructor(file: string, running: RunningLab, listeners: Set<LabListener>) {
    this.file = file;
    this.#running = running;
    this.#listeners = listeners;
  }

  /** @throws StorageError when the file is not a lab, or another process holds it */
  static async open(file: string, start: LabStarter): Promise<OpenLab> {
    const listeners = new Set<LabListener>();
    let lab: OpenLab | null = null as OpenLab | null;
    const running = await start(file, {
      show: (study, change) => {
        for (const listener of listeners) listener.show?.(study, change);
      },
      showLab: (change) => {
        for (const listener of listeners) listener.showLab?.(change);
      },
      finished: () => undefined,
      fatal: (error) => lab?.fail(error),
      turned: () => {
        for (const listener of listeners) listener.turned?.();
      },
      damaged: (damage) => lab?.noteDamage(damage),
      workerExited: () => undefined,
    });
    lab = new OpenLab(file, running, listeners);
    return lab;
  }

  get workers(): RunningLab['workers'] {
    return this.#running.workers;
  }

  startWorkers(workers: WorkersWanted): void {
    this.#running.startWorkers(workers);
  }

  /** Other machines that work for this lab. */
  get share(): LabShare {
    return this.#running.share;
  }

  /** Limits of this machine's use by its owner. */
  get courtesy(): LocalCourtesy {
    return this.#running.courtesy;
  }

  get coordinator(): Coordinator {
    return this.#running.coordinator;
  }

  /** Absolute path of the folder with the files of its studies. */
  get userFolder(): string {
    return this.#running.userFolder;
  }

  /** Damage found in the lab file; null: none so far. */
  get damage(): Damage | null {
    return this.#damage;
  }

  /** The error that stopped the coordinator for good; null while it works. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** @returns a function that unsubscribes */
  listen(listener: LabListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The coordinator. @throws GalapagosError `lab-failed` after a fatal error */
  get deciding(): Coordinator {
    if (this.#failure !== null)
      throw new GalapagosError('lab-failed', this.#failure.message, { file: this.file });
    return this.#running.coordinator;
  }

  noteDamage(damage: Damage): void {
    this.#damage = damage;
    for (const listener of this.#listeners) listener.damaged?.();
  }

  fail(error: Error): void {
    this.#failure = error;
    for (const listener of this.#listeners) listener.failed?.();
  }

  close(): Promise<void> {
    return this.#running.close();
  }
}
