/**
 * The Pareto front of a study with several objectives, shared by the views that show it. Read again
 * when trials have completed.
 */
import type { ParetoFront } from '../../protocol/window/reading.ts';
import type { StudyHead } from '../../protocol/window/study-stream.ts';
import type { Client } from '../client.ts';
import type { StudyState } from './study.svelte.ts';

export class FrontState {
  /** Null until it has been read, and for a study with one objective. */
  found = $state.raw<ParetoFront | null>(null);
  #isAsking = $state(false);
  #completeAtAsk = -1;

  /** Asks the host if trials have completed since; called from effects. */
  follow(client: Pick<Client, 'query'>, study: string, head: StudyHead): void {
    const { complete } = head.counts;
    if (head.objectives === undefined || this.#isAsking || complete === this.#completeAtAsk) return;
    this.#completeAtAsk = complete;
    this.#isAsking = true;
    client
      .query('front', { study })
      .then(
        (answer) => (this.found = answer),
        // The next completed trial asks again.
        () => undefined,
      )
      .finally(() => (this.#isAsking = false));
  }
}

const fronts = new WeakMap<StudyState, FrontState>();

/** The front of a study, always the same object. */
export function frontOf(study: StudyState): FrontState {
  const held = fronts.get(study);
  if (held !== undefined) return held;
  const front = new FrontState();
  fronts.set(study, front);
  return front;
}
