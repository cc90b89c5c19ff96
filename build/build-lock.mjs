/** Lets one process at a time build into a folder; the others wait until it is done. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two renewals of the lock by the builder, and two looks of the others. */
const RENEW_MS = 2_000;
const LOOK_MS = 100;
/**
 * A lock that was not renewed for so long belongs to a process that ended: its id may be another
 * process's by now.
 */
const STALE_MS = 60_000;

/**
 * @template T
 * @param {string} folder made where it is missing
 * @param {() => Promise<T>} work
 * @param {(line: string) => void} say is told once that it waits
 * @returns {Promise<T>}
 */
export async function withBuildLock(folder, work, say) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, '.building');
  let told = false;
  while (!take(file)) {
    if (isAbandoned(file)) rmSync(file, { force: true });
    else if (!told) {
      say('another galapagos is building; waiting for it …');
      told = true;
    }
    await sleep(LOOK_MS);
  }
  const renewing = setInterval(() => {
    if (existsSync(file)) utimesSync(file, new Date(), new Date());
  }, RENEW_MS);
  try {
    return await work();
  } finally {
    clearInterval(renewing);
    rmSync(file, { force: true });
  }
}

/** @returns whether the lock is ours now */
function take(file) {
  let descriptor;
  try {
    descriptor = openSync(file, 'wx');
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
  writeSync(descriptor, String(process.pid));
  closeSync(descriptor);
  return true;
}

function isAbandoned(file) {
  let pid;
  try {
    if (Date.now() - statSync(file).mtimeMs > STALE_MS) return true;
    pid = Number(readFileSync(file, 'utf8'));
  } catch {
    // It was given back meanwhile.
    return false;
  }
  // Not written yet.
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
