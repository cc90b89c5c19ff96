/** Runs one command at a time for a view, which shows that it runs, and its failure. */
import { toFailure } from '../failure.ts';
import type { EndpointFailure } from '../failure.ts';

export class CommandRunner {
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
