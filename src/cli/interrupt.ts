/**
 * Ctrl-C (and the polite ways to end a process): the first time a request, the second time an
 * order.
 */
import { isRunning, packageRunner } from '../runtime/package-runner.ts';
import { EXIT } from './exit-codes.ts';

/** Milliseconds from the first signal to the end of the process, whatever is still under way. */
const LIMITS_MS = { SIGINT: 10_000, SIGTERM: 4_500, SIGHUP: 4_500 } as const;

/** Milliseconds between two looks at the package runner. */
const LOOK_MS = 500;

export type InterruptSignal = keyof typeof LIMITS_MS;
const SIGNALS = Object.keys(LIMITS_MS) as InterruptSignal[];

/**
 * Calls `first` at the first signal, and when the package runner that started this process (`npm
 * run`, `npx`) is gone: npm ends without telling what its script has started. The process exits at
 * a second signal, or when the first one's time limit is over: what is committed by then is kept,
 * as after a kill.
 * @returns how to stop listening; the time limit stays
 */
export function onInterrupt(first: (signal: InterruptSignal) => void): () => void {
  let asked = false;
  const hear = (signal: InterruptSignal): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    // Unreferenced: a process with nothing left to do ends before.
    setTimeout(() => {
      process.stderr.write(
        `galapagos: shutdown took longer than ${LIMITS_MS[signal] / 1_000} s; exiting anyway\n`,
      );
      process.exit(EXIT.interrupted);
    }, LIMITS_MS[signal]).unref();
    first(signal);
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  const runner = packageRunner(process.env);
  const look = (): void => {
    if (runner === null || isRunning(runner)) return;
    clearInterval(looking);
    if (asked) return;
    process.stderr.write('galapagos: the parent process has exited; exiting too\n');
    hear('SIGTERM');
  };
  const looking = runner === null ? undefined : setInterval(look, LOOK_MS).unref();
  return () => {
    clearInterval(looking);
    for (const signal of SIGNALS) process.off(signal, hear);
  };
}
