/**
 * Sends the output of a running attempt from a machine without the lab file to the host, as far as
 * it is kept here: some of it each half second, and the rest at the end. What was sent whole is
 * deleted here.
 */
import type { AttemptId } from '../../../core/scheduling/index.ts';
import { MOST_OUTPUT_BYTES } from '../../../protocol/worker-messages.ts';
import { endOfOutput, readOutput, removeOutput } from './output-log.ts';

/**
 * Sends output to the lab's host.
 * @param from place of the first byte in the whole output
 * @returns false: the host does not take it
 */
export type SendOutput = (attempt: AttemptId, from: number, bytes: Uint8Array) => boolean;

/** Milliseconds between two messages of a running attempt, and most bytes of one. */
const EVERY_MS = 500;
const LIVE_BYTES = 64 * 1024;
/** Most bytes that are sent at the end; of more, the last. */
const LAST_BYTES = 16 * 1024 * 1024;

export class SentOutput {
  readonly #folder: string;
  readonly #attempt: AttemptId;
  readonly #send: SendOutput;
  readonly #timer: NodeJS.Timeout;
  /** Place after the last byte that was sent. */
  #at = 0;
  #whole = true;

  /** @param folder of the attempt's `OutputLog` */
  constructor(folder: string, attempt: AttemptId, send: SendOutput) {
    this.#folder = folder;
    this.#attempt = attempt;
    this.#send = send;
    this.#timer = setInterval(() => this.#next(LIVE_BYTES), EVERY_MS);
  }

  /** Sends the rest. */
  end(): void {
    clearInterval(this.#timer);
    const { attemptNumber } = this.#attempt;
    const from = endOfOutput(this.#folder, attemptNumber) - LAST_BYTES;
    if (this.#at < from) {
      this.#at = from;
      this.#whole = false;
    }
    while (this.#next(MOST_OUTPUT_BYTES));
    if (this.#at < endOfOutput(this.#folder, attemptNumber)) this.#whole = false;
    if (this.#whole) removeOutput(this.#folder, attemptNumber);
  }

  /** @returns whether anything was sent */
  #next(most: number): boolean {
    let sent = false;
    for (const { bytes, end } of readOutput(
      this.#folder,
      this.#attempt.attemptNumber,
      this.#at,
      most,
    )) {
      if (!this.#send(this.#attempt, end - bytes.length, bytes)) return false;
      this.#at = end;
      sent = true;
    }
    return sent;
  }
}
