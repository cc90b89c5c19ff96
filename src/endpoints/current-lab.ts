/** The open lab, and its replacement by another, after which feeds start again. */
import { resolve } from 'node:path';
import { interruptedStudies, leaveStudies } from '../lab/interrupted.ts';
import { OpenLab } from '../lab/open-lab.ts';
import type { LabStarter } from '../lab/open-lab.ts';
import type { StartableDevice } from '../node/devices/pin.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { continueRemovals } from '../studies/describe-study.ts';
import { Changes } from './feeds/changes.ts';
import { LabView } from './projections/lab-view.ts';
import { Projections } from './projections/projections.ts';
import { FileReading } from './reading/file-reading.ts';
import type { SharedLab } from './shared-lab.ts';

/**
 * Milliseconds that worker processes wait where no study runs: their start, some 0.3 s of a core
 * each, would take the cores from the window that is opening.
 */
export const WORKERS_LATER_MS = 4_000;

/** Workers of this machine. */
export interface WorkersHere {
  /** CPU workers; null: one for each core that no card's worker needs. */
  readonly count: number | null;
  /** Cards, which get a worker each. Never rejects. */
  readonly cards: Promise<readonly StartableDevice[]>;
}

export class CurrentLab {
  /** Notifies that another lab is open. */
  readonly switched = new Changes();
  readonly #start: LabStarter;
  readonly #workers: WorkersHere;
  readonly #share: Sharer;
  #open: Opened;
  #switching: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(start: LabStarter, workers: WorkersHere, share: Sharer, open: Opened) {
    this.#start = start;
    this.#workers = workers;
    this.#share = share;
    this.#open = open;
  }

  /** @throws StorageError when the file is not a lab, or another process holds it */
  static async open(
    file: string,
    start: LabStarter,
    workers: WorkersHere,
    share: Sharer,
  ): Promise<CurrentLab> {
    return allOrNothing(async (onFailure) => {
      const current = new CurrentLab(start, workers, share, await opened(file, start, share));
      onFailure(() => current.close());
      current.#startWorkers();
      return current;
    });
  }

  get lab(): OpenLab {
    return this.#open.lab;
  }

  /** Sharing of the open lab with other machines. */
  get shared(): SharedLab {
    return this.#open.shared;
  }

  get view(): LabView {
    return this.#open.view;
  }

  get projections(): Projections {
    return this.#open.projections;
  }

  get reading(): FileReading {
    return this.#open.reading;
  }

  /** Studies that ran when the application quit and have neither been resumed nor stopped since. */
  get interrupted(): readonly string[] {
    const studies = this.lab.coordinator.lab.studies;
    return [...this.#open.interrupted].filter((uid) =>
      ['pausing', 'paused'].includes(studies.get(uid)?.state ?? ''),
    );
  }

  /**
   * Opens another lab; concurrent calls run one after another.
   * @throws StorageError when the other file is not a lab: the current one then stays open
   */
  switchTo(file: string): Promise<void> {
    const next = this.#switching.then(() => this.#switch(file));
    this.#switching = next.catch(() => undefined);
    return next;
  }

  async #switch(file: string): Promise<void> {
    const before = this.#open;
    if (resolve(file) === resolve(this.lab.file)) {
      if (this.lab.failure === null) return;
      await this.lab.close();
    }
    this.#open = await opened(file, this.#start, this.#share);
    this.switched.notify();
    await closed(before);
    this.#startWorkers();
  }

  /** Starts them once the cards are known, if this lab is still open then. */
  #startWorkers(): void {
    const { lab } = this;
    const { count, cards } = this.#workers;
    void cards.then((found) => {
      if (!this.#closed && this.lab === lab)
        lab.startWorkers({ count, cards: found, laterMs: WORKERS_LATER_MS });
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await closed(this.#open);
  }
}

/** Creates the sharing of a lab; off at first. */
export type Sharer = (lab: OpenLab) => SharedLab;

interface Opened {
  readonly lab: OpenLab;
  readonly shared: SharedLab;
  readonly view: LabView;
  readonly projections: Projections;
  readonly reading: FileReading;
  readonly interrupted: ReadonlySet<string>;
}

function opened(file: string, start: LabStarter, share: Sharer): Promise<Opened> {
  return allOrNothing(async (onFailure) => {
    const reading = new FileReading(file);
    onFailure(() => reading.close());
    reading.start();
    const lab = await OpenLab.open(file, start);
    onFailure(async () => {
      await reading.close();
      await lab.close();
    });
    const interrupted = interruptedStudies(lab);
    // If the lab is closed before a removal is done, the next opening continues it.
    void continueRemovals(lab.coordinator, lab.userFolder).catch(() => undefined);
    const view = new LabView(lab, reading);
    onFailure(() => view.close());
    const projections = new Projections(view, reading);
    void view.foreignLoaded.then(() => projections.readAhead());
    const shared = share(lab);
    onFailure(() => shared.close());
    return { lab, shared, view, projections, reading, interrupted };
  });
}

/**
 * Closes a lab after a short grace period for running trials. The lab itself closes the file last,
 * which leaves one plain file.
 */
async function closed({ lab, shared, view, projections, reading }: Opened): Promise<void> {
  await leaveStudies(lab);
  await shared.close();
  projections.close();
  view.close();
  await reading.close();
  await lab.close();
}
