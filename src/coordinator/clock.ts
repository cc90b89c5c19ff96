/**
 * The clock by which a coordinator decides: monotonic milliseconds. Wall time is only for people.
 */
export interface Clock {
  now(): number;
  /**
   * Calls back once at or after `at`, after input that has already arrived was handed over. A later
   * call replaces an earlier one.
   */
  wake(at: number, callback: () => void): void;
  cancel(): void;
}

export function systemClock(): Clock {
  let timer: NodeJS.Timeout | undefined;
  let immediate: NodeJS.Immediate | undefined;
  const cancel = (): void => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
  return {
    now: () => performance.now(),
    wake(at, callback) {
      cancel();
      // The timer fires before sockets are polled. By the next immediate, messages that arrived
      // during the wait have been read.
      timer = setTimeout(
        () => (immediate = setImmediate(callback)),
        Math.max(0, Math.ceil(at - performance.now())),
      );
    },
    cancel,
  };
}
