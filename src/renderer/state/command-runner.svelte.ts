/** One command at a time that a dialog carries out: whether it runs, and its failure. */
import { toFailure } from '../../failure.ts';
import type { EndpointFailure } from '../../failure.ts';

export class DialogWork {
  busy = $state(false);
  /** Failure of the last command; null: it succeeded, or runs. */
  failure = $state.raw<EndpointFailure | null>(null);

  /** Runs a command. Never rejects. */
  async run(work: () => Promise<unknown>): Promise<void> {
    this.busy = true;
    this.failure = null;
    try {
      await work();
    } catch (error) {
      this.failure = toFailure(error);
    }
    this.busy = false;
  }
}
