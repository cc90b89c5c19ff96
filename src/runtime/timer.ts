/**
 * Clock and timer for periodic work on this machine, passed as a parameter so that tests can use
 * virtual time. Monotonic milliseconds.
 */
export interface Timer {
  now(): number;
  /** Calls back once, `ms` from now. @returns a function that cancels the call */
  after(ms: number, callback: () => void): () => void;
}

export const systemTimer: Timer = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};
