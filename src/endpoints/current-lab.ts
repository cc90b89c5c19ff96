/** The one lab that is open, and its replacement by another; feeds begin anew then. */
import { resolve } from 'node:path';
import { interruptedStudies, leaveStudies } from '../lab/interrupted.ts';
import { OpenLab } from '../lab/open-lab.ts';
import type { LabStarter } from '../lab/open-lab.ts';
import { allOrNothing } from '../runtime/all-or-nothing.ts';
import { continueRemovals } from '../studies/describe-study.ts';
import { Changes } from './feeds/changes.ts';
import { LabView } from './projections/lab-view.ts';
import { Projections } from './projections/projections.ts';
import { FileReading } from './reading/file-reading.ts';

export class CurrentLab {
  /** Another lab is open now. */
  readonly switched = new Changes();
  readonly #start: LabStarter;
  readonly #workers: number | null;
  #open: Opened;
  #switching: Promise<void> = Promise.resolve();

  private constructor(start: LabStarter, workers: number | null, open: Opened) {
    this.#start = start;
    this.#workers = workers;
    this.#open = open;
  }

  /** @throws StorageError when the file is no lab, or another process holds it */
  static async open(file: string, start: LabStarter, workers: number | null): Promise<CurrentLab> {
    return allOrNothing(async (onFailure) => {
      const current = new CurrentLab(start, workers, await opened(file, start));
      onFailure(() => current.close());
      current.lab.startWorkers(workers);
      return current;
    });
  }

  get lab(): OpenLab {
    return this.#open.lab;
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

  /**
   * Studies that ran when the application was left, and have neither been resumed nor stopped
   * since.
   */
  get interrupted(): readonly string[] {
    const studies = this.lab.coordinator.lab.studies;
    return [...this.#open.interrupted].filter((uid) =>
      ['pausing', 'paused'].includes(studies.get(uid)?.state ?? ''),
    );
  }

  /**
   * One after the other, however many are asked for.
   * @throws StorageError when the other file is no lab: then this one stays open
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
    this.#open = await opened(file, this.#start);
    this.switched.tell();
    await closed(before);
    this.lab.startWorkers(this.#workers);
  }

  async close(): Promise<void> {
    await closed(this.#open);
  }
}

interface Opened {
  readonly lab: OpenLab;
  readonly view: LabView;
  readonly projections: Projections;
  readonly reading: FileReading;
  readonly interrupted: ReadonlySet<string>;
}

function opened(file: string, start: LabStarter): Promise<Opened> {
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
    // The lab may be closed before a removal is done; the next opening goes on with it.
    void continueRemovals(lab.coordinator).catch(() => undefined);
    const view = new LabView(lab, reading);
    onFailure(() => view.close());
    return { lab, view, projections: new Projections(view, reading), reading, interrupted };
  });
}

/**
 * What runs may finish within a short grace. The last to read the file is the lab itself, which
 * leaves it as one plain file.
 */
async function closed({ lab, view, projections, reading }: Opened): Promise<void> {
  await leaveStudies(lab);
  projections.close();
  view.close();
  await reading.close();
  await lab.close();
}
