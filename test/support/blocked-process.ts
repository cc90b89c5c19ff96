/**
 * A process with a watchdog whose event loop turns for a while or is blocked. argv[2]: `turn` or
 * `block`.
 */
import { startWatchdog } from '../../src/runtime/watchdog.ts';

startWatchdog({ name: 'blocked', standstillMs: 2_000 });
if (process.argv[2] === 'block') for (;;);
// Longer than the watchdog's limit, while the event loop turns.
setTimeout(() => process.stdout.write('turned\n'), 4_000);
