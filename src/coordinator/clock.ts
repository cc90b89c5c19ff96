/**
 * The one clock a coordinator decides by: monotonic, in milliseconds. Wall time is for what people
 * read.
 */
export interface Clock {
  now(): number;
  /**
   * Calls back once at or after `at`, after what has already arrived was handed over; a later call
   * replaces an earlier one.
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
      // The timer fires before sockets are polled; by the next immediate, what came in while we
      // slept has been read.
      timer = setTimeout(
        () => (immediate = setImmediate(callback)),
        Math.max(0, Math.ceil(at - performance.now())),
      );
    },
    cancel,
  };
}
