/** The one lab that is open, and its replacement by another; feeds begin anew then. */
import { resolve } from 'node:path';
import { Changes } from './changes.ts';
import { LabView } from './lab-view.ts';
import { OpenLab } from './open-lab.ts';
import type { LabStarter } from './open-lab.ts';
import { interruptedStudies, leaveStudies } from './interrupted.ts';
import { Projections } from './projections.ts';

export class CurrentLab {
  /** Another lab is open now. */
  readonly switched = new Changes();
  readonly #start: LabStarter;
  readonly #workers: number | null;
  #view: LabView;
  #projections: Projections;
  #interrupted: Set<string>;

  private constructor(start: LabStarter, workers: number | null, opened: { lab: OpenLab; interrupted: Set<string> }) {
    this.#start = start;
    this.#workers = workers;
    this.#interrupted = opened.interrupted;
    this.#view = new LabView(opened.lab);
    this.#projections = new Projections(this.#view);
  }

  /** @throws StorageError when the file is no lab, or another process holds it */
  static async open(file: string, start: LabStarter, workers: number | null): Promise<CurrentLab> {
    const current = new CurrentLab(start, workers, await opened(file, start));
    current.lab.startWorkers(workers);
    return current;
  }

  get lab(): OpenLab {
    return this.#view.lab;
  }

  get view(): LabView {
    return this.#view;
  }

  get projections(): Projections {
    return this.#projections;
  }

  /** Studies that ran when the application was left, and have neither been resumed nor stopped since. */
  get interrupted(): readonly string[] {
    const studies = this.lab.coordinator.lab.studies;
    return [...this.#interrupted].filter((uid) => ['pausing', 'paused'].includes(studies.get(uid)?.state ?? ''));
  }

  /** @throws StorageError when the other file is no lab: then this one stays open */
  async switchTo(file: string): Promise<void> {
    const before = { view: this.#view, projections: this.#projections };
    if (resolve(file) === resolve(this.lab.file)) {
      if (this.lab.failure === null) return;
      await this.lab.close();
    }
    const next = await opened(file, this.#start);
    before.projections.close();
    before.view.close();
    this.#interrupted = next.interrupted;
    this.#view = new LabView(next.lab);
    this.#projections = new Projections(this.#view);
    this.switched.tell();
    await leaveStudies(before.view.lab);
    await before.view.lab.close();
    this.lab.startWorkers(this.#workers);
  }

  async close(): Promise<void> {
    await leaveStudies(this.lab);
    this.#projections.close();
    this.#view.close();
    await this.lab.close();
  }
}

async function opened(file: string, start: LabStarter): Promise<{ lab: OpenLab; interrupted: Set<string> }> {
  const lab = await OpenLab.open(file, start);
  return { lab, interrupted: interruptedStudies(lab) };
}
