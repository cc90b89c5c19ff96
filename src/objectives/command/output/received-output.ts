/**
 * Writes the output of programs on other machines of the lab where that of this machine's programs
 * is, within the limits of their studies.
 */
import type { AttemptId } from '../../../core/scheduling/index.ts';
import type { Objective } from '../../../core/study/study-spec.ts';
import { commandObjective } from '../../../protocol/command-objective.ts';
import { check } from '../../../protocol/problems.ts';
import { OutputLog, outputFolder } from './output-log.ts';

/** Attempts whose state is kept between two messages; that of others is read from the files. */
const MOST_LOGS = 1000;

export class ReceivedOutput {
  readonly #userFolder: string;
  readonly #logs = new Map<string, OutputLog>();

  constructor(userFolder: string) {
    this.#userFolder = userFolder;
  }

  /** @param from place of the first byte in the whole output */
  add(attempt: AttemptId, objective: Objective, from: number, bytes: Uint8Array): void {
    const key = JSON.stringify(attempt);
    const log = this.#logs.get(key) ?? this.#open(attempt, objective);
    // The latest last.
    this.#logs.delete(key);
    if (log === null) return;
    this.#logs.set(key, log);
    log.addAt(from, bytes);
    log.close();
    const [oldest] = this.#logs.keys();
    if (this.#logs.size > MOST_LOGS && oldest !== undefined) this.#logs.delete(oldest);
  }

  #open({ study, number, attemptNumber }: AttemptId, objective: Objective): OutputLog | null {
    const checked = check(commandObjective, objective);
    if (!checked.ok) return null;
    const folder = outputFolder(this.#userFolder, study, number);
    return OutputLog.continued(folder, attemptNumber, checked.value.keep.outputMb * 1e6);
  }
}
