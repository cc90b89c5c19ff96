/** Ctrl-C (and the polite ways to end a process): the first time a request, the second time an order. */
import { EXIT } from './exit-codes.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `first` at the first signal; a second one exits at once. Returns how to stop listening. */
export function onInterrupt(first: () => void): () => void {
  let asked = false;
  const hear = (): void => {
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    first();
  };
  for (const signal of SIGNALS) process.on(signal, hear);
  return () => {
    for (const signal of SIGNALS) process.off(signal, hear);
  };
}
