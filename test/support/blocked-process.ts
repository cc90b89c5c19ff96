/**
 * A process with a watchdog whose loop turns for a while or stands still, for a test. argv[2]:
 * `turn` or `block`.
 */
import { startWatchdog } from '../../src/runtime/watchdog.ts';

startWatchdog({ name: 'blocked', standstillMs: 2_000 });
if (process.argv[2] === 'block') for (;;);
// Longer than the limit of standstill, with a loop that turns.
setTimeout(() => process.stdout.write('turned\n'), 4_000);
