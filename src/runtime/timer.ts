/**
 * The clock and the timer of what this machine does by itself, handed in so that tests need not
 * wait. Monotonic milliseconds.
 */
export interface Timer {
  now(): number;
  /** Calls back once, `ms` from now; @returns how to forget it */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimer: Timer = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
