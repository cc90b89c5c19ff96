/**
 * libsql closes a file only when the garbage collector has found its statements; a test that opens
 * hundreds must see to it.
 */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export async function collectGarbage(): Promise<void> {
  // A statement goes before the connection that it keeps.
  for (let round = 0; round < 3; round++) {
    collect();
    await setImmediate();
  }
}
