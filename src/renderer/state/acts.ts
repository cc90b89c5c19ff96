/**
 * Actions on studies and on the lab from anywhere in the frame: calls the host, reports success in
 * a notice, and stores the failure. Actions of a single view are in that view.
 */
import { freeName } from '../../core/free-name.ts';
import type { LabSource } from '../../protocol/window/datasets.ts';
import type { StudyRow } from '../../protocol/window/study-stream.ts';
import type { Client } from '../client.ts';
import { toFailure } from '../failure.ts';
import { text } from '../text.ts';
import { firstPlace } from './first-place.ts';
import type { LabState } from './lab.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Route } from './route.svelte.ts';
import { pauseWords, stopWords } from './settled-words.ts';

/** The parts of the window's state that actions read and change. */
interface Acting {
  readonly client: Client;
  readonly notices: Notices;
  readonly route: Route;
  readonly lab: LabState;
  opened: unknown;
}

export class Acts {
  readonly #app: Acting;

  constructor(app: Acting) {
    this.#app = app;
  }

  async pause(study: string): Promise<void> {
    await this.#do(async ({ client, notices }) => {
      await client.command('pauseStudy', { study });
      notices.tell(
        () => pauseWords(this.#app.lab.study(study)),
        () => void this.resume(study, false),
      );
    });
  }

  async resume(study: string, told = true): Promise<void> {
    await this.#do(async ({ client, notices }) => {
      await client.command('resumeStudy', { study });
      if (told) notices.tell(text.frame.resumed, () => void this.pause(study));
    });
  }

  async stop(study: string): Promise<void> {
    await this.#do(async ({ client, notices }) => {
      await client.command('stopStudy', { study });
      notices.tell(
        () => stopWords(this.#app.lab.study(study)),
        () => void this.resume(study, false),
      );
    });
  }

  async add(study: string, trials: number): Promise<void> {
    await this.#do(async ({ client, notices }) => {
      await client.command('addTrials', { study, trials });
      notices.tell(text.frame.added({ trials }));
    });
  }

  /** Trains the best configurations again with fresh seeds. */
  async confirm(study: string, top: number, seeds: number): Promise<void> {
    await this.#do(async ({ client, notices }) => {
      const { trials } = await client.command('confirm', { study, top, seeds });
      notices.tell(text.inspector.confirming({ trials, seeds }));
    });
  }

  /** Stops a study and trains its best configurations again. */
  async stopAndConfirm(
    study: string,
    state: StudyRow['state'],
    top: number,
    seeds: number,
  ): Promise<void> {
    await this.#do(async ({ client, notices }) => {
      if (state !== 'finished' && state !== 'ending') await client.command('stopStudy', { study });
      const { trials } = await client.command('confirm', { study, top, seeds });
      notices.tell(text.inspector.confirming({ trials, seeds }));
    });
  }

  /** @param used whether the workers get trials; when false they finish running ones only */
  async useWorkers(slots: readonly string[], used: boolean): Promise<void> {
    await this.#do(async ({ client, notices, lab }) => {
      for (const slot of slots)
        await client.command(used ? 'resumeWorker' : 'drainWorker', { slot });
      const names = slots.map((slot) => lab.slotName(slot));
      const words = text.lab.slot;
      notices.tell(
        used ? words.used({ names }) : words.left({ names }),
        () => void this.useWorkers(slots, !used),
      );
    });
  }

  /** @returns whether the study has the name now */
  async rename(study: string, name: string, before: string): Promise<boolean> {
    return this.#do(async ({ client, notices }) => {
      await client.command('describeStudy', { study, name });
      notices.tell(
        text.studyChanges.renamed({ name }),
        () => void this.rename(study, before, name),
      );
    });
  }

  /** @returns whether the note is saved */
  async annotate(study: string, note: string, before: string): Promise<boolean> {
    return this.#do(async ({ client, notices }) => {
      await client.command('describeStudy', { study, note });
      notices.tell(text.studyChanges.noted, () => void this.annotate(study, before, note));
    });
  }

  /** Deletes a study, which can be restored, and leaves its page. */
  async deleteStudy(study: string, name: string): Promise<void> {
    await this.#do(async ({ client, notices, route, lab }) => {
      await client.command('describeStudy', { study, deleted: true });
      notices.tellAndStay(
        text.studyChanges.removed({ name }),
        () => void this.restore(study, name, true),
      );
      const place = route.place;
      if (place?.page === 'compare' && place.studies.includes(study)) route.go({ page: 'start' });
      if (route.study === study)
        route.go(
          firstPlace(
            null,
            lab.head,
            lab.listed.filter(({ key }) => key !== study),
          ) ?? { page: 'start' },
        );
    });
  }

  /** @param open whether to show the page of the study */
  async restore(study: string, name: string, open: boolean): Promise<void> {
    await this.#do(async ({ client, notices, route }) => {
      await client.command('describeStudy', { study, deleted: false });
      notices.tell(text.studyChanges.restored({ name }));
      if (open) route.go({ page: 'study', study, tab: 'evolution' });
    });
  }

  /** Removes a deleted study from the lab file. */
  async removeStudy(study: string, name: string): Promise<void> {
    await this.#do(async ({ client, notices, route, lab }) => {
      if (route.study === study)
        route.go(firstPlace(null, lab.head, lab.listed) ?? { page: 'start' });
      await client.command('removeStudy', { study });
      notices.tell(text.studyChanges.removedForGood({ name }));
    });
  }

  /** Sets up a study with the same settings under a free name. */
  async duplicate(study: string): Promise<void> {
    await this.#do(async ({ client, lab }) => {
      const file = await client.query('studyFile', { study });
      this.setUp({
        ...file,
        name: freeName(new Set(lab.studies.map(({ name }) => name)), file.name),
      });
    });
  }

  async cancelTrial(study: string, trial: number): Promise<void> {
    await this.#do(async ({ client }) => {
      await client.command('cancelTrial', { study, trial });
    });
  }

  /** Starts a study of MNIST with the defaults and shows its empty chart. */
  async startWithMnist(): Promise<void> {
    await this.#do(async ({ client, route }) => {
      const draft = await client.query('draft', { dataset: null });
      const { study } = await client.command('startStudy', { study: draft, workers: null });
      route.go({ page: 'study', study, tab: 'evolution' });
    });
  }

  async openLab(source: LabSource): Promise<void> {
    await this.#do(async ({ client, route }) => {
      await client.command('openLab', { source });
      route.place = null;
    });
  }

  /** Shows a study from a file on the set-up page. */
  setUp(study: unknown): void {
    this.#app.opened = study;
    this.#app.route.go({ page: 'new', dataset: null });
  }

  /** Runs an action whose failure has no other place to be shown. */
  async attempt(act: () => Promise<void>): Promise<void> {
    await this.#do(act);
  }

  /** @returns whether the action succeeded */
  async #do(act: (app: Acting) => Promise<void>): Promise<boolean> {
    this.#app.notices.failure = null;
    try {
      await act(this.#app);
      return true;
    } catch (error) {
      this.#app.notices.failure = toFailure(error);
      return false;
    }
  }
}
