/**
 * Handles Ctrl-C and the other termination signals: the first one asks for an orderly end, the
 * second one ends the process at once.
 */
import { isRunning, packageRunner } from '../../runtime/package-runner.ts';
import { EXIT } from './exit-codes.ts';

/** Milliseconds from the first signal to the end of the process, whatever is still running. */
const LIMITS_MS = { SIGINT: 10_000, SIGTERM: 4_500, SIGHUP: 4_500 } as const;

/** Milliseconds between two checks of the package runner. */
const LOOK_MS = 500;

export type InterruptSignal = keyof typeof LIMITS_MS;
const SIGNALS = Object.keys(LIMITS_MS) as InterruptSignal[];

/**
 * Calls `first` at the first signal, and when the package runner that started this process (`npm
 * run`, `npx`) has exited: npm exits without signalling its script. The process exits at a second
 * signal, or at the first one's time limit; committed data are kept, as after a kill.
 * @returns a function that stops listening; the time limit stays
 */
export function onInterrupt(first: (signal: InterruptSignal) => void): () => void {
  let asked = false;
  const onSignal = (signal: InterruptSignal): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    // Unreferenced, so that an idle process exits earlier.
    setTimeout(() => {
      process.stderr.write(
        `galapagos: shutdown took longer than ${LIMITS_MS[signal] / 1_000} s; exiting anyway\n`,
      );
      process.exit(EXIT.interrupted);
    }, LIMITS_MS[signal]).unref();
    first(signal);
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const runner = packageRunner(process.env);
  const look = (): void => {
    if (runner === null || isRunning(runner)) return;
    clearInterval(looking);
    if (asked) return;
    process.stderr.write('galapagos: the parent process has exited; exiting too\n');
    onSignal('SIGTERM');
  };
  const looking = runner === null ? undefined : setInterval(look, LOOK_MS).unref();
  return () => {
    clearInterval(looking);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
}
