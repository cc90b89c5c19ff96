/**
 * Calls that block the event loop for longer than a worker's lease, such as the first step of a
 * TensorFlow graph. A worker announces them, so that its silence does not end its session. Other
 * processes announce nothing.
 */

/**
 * Announces a call. Resolves once the announcement has arrived, or cannot.
 * @param mostMs longest duration of the call, in milliseconds
 * @returns to be called after the call
 */
export type Announce = (mostMs: number) => Promise<() => void>;

let announce: Announce | null = null;

/** @param by null: nothing is announced */
export function announceLongCalls(by: Announce | null): void {
  announce = by;
}

/** Makes a call that blocks for at most so many milliseconds. */
export async function longCall<T>(mostMs: number, call: () => T): Promise<T> {
  const end = await announce?.(mostMs);
  try {
    return call();
  } finally {
    end?.();
  }
}
