/**
 * Lets Dawn look for results once a millisecond. It looks on every turn of the event loop, which on
 * a software GPU takes half of the processor time from the threads that compute. Loaded into
 * processes of tests only.
 */
const POLL_MS = 1;

/** End of the text of compiled functions, as Dawn's are. */
const NATIVE = '{ [native code] }';

/** Not replaced by the fake clocks of tests. */
const later = globalThis.setTimeout;

globalThis.setImmediate = new Proxy(globalThis.setImmediate, {
  apply(immediately, self, given: [callback: () => void, ...rest: unknown[]]): unknown {
    const [callback] = given;
    return Function.prototype.toString.call(callback).endsWith(NATIVE)
      ? later(callback, POLL_MS)
      : Reflect.apply(immediately, self, given);
  },
});
