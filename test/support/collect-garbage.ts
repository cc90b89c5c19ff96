/**
 * Runs the garbage collector. libsql closes a file only when its statements have been collected, so
 * a test that opens hundreds of files must do this.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export async function collectGarbage(): Promise<void> {
  // A statement must be collected before the connection that it refers to.
  for (let round = 0; round < 3; round++) {
    collect();
    await setImmediate();
  }
}
