/** Ends a benchmark in time: what no longer fits is skipped, and said. */
export interface Clock {
  say(text: string): void;
  /**
   * Runs one measurement. Returns null where too little time is left, where it fails, or where it
   * takes too long; the reason is printed.
   * @param seconds that it may take; the signal then aborts
   */
  run<T>(
    name: string,
    seconds: number,
    measure: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | null>;
}

export function clockOf(minutes: number): Clock {
  const end = performance.now() + minutes * 60_000;
  const say = (text: string): void => void process.stderr.write(`gpu: ${text}\n`);
  return {
    say,
    async run(name, seconds, measure) {
      const left = Math.round((end - performance.now()) / 1000);
      if (left < seconds) {
        say(`${name}: skipped, ${String(Math.max(0, left))} s left`);
        return null;
      }
      say(`${name} (${String(left)} s left)`);
      try {
        return await measure(AbortSignal.timeout(1000 * seconds));
      } catch (error) {
        const late = error instanceof Error && error.name === 'AbortError';
        const text = error instanceof Error ? error.message.trim().slice(-600) : String(error);
        say(`${name}: ${late ? `ended after ${String(seconds)} s` : `failed: ${text}`}`);
        return null;
      }
    },
  };
}
