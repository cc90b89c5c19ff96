/** SIGKILL of the writer at any instant: what it said was committed is there, nothing is half, and the next opening goes on. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { checkLab } from '../support/check-lab.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, spec, trialsOf } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const WRITER = new URL('../support/lab-writer-process.ts', import.meta.url).pathname;
const KILLS = 20;

let folder: TemporaryFolder;
let file: string;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => folder.remove());

interface Said {
  readonly epoch: number;
  readonly proposed: number;
  readonly finished: number;
}

/** Runs a writer, kills it `afterMs` after it first spoke (or was started, when negative), and returns the last line it said. */
async function killWriter(seed: number, afterMs: number): Promise<Said | null> {
  const child = spawn(process.execPath, ['--import', 'tsx', WRITER, file, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const first = once(lines, 'line');
  lines.on('line', (line) => said.push(line));
  const ended = once(lines, 'close');
  if (afterMs >= 0) await first;
  else first.catch(() => undefined);
  await setTimeout(Math.abs(afterMs));
  child.kill('SIGKILL');
  await Promise.all([once(child, 'close'), ended]);
  const last = said.at(-1);
  if (last === undefined) return null;
  const [epoch = NaN, proposed = NaN, finished = NaN] = last.split(' ').map(Number);
  return { epoch, proposed, finished };
}

it(`${KILLS} kills at random instants lose nothing, leave nothing half, and raise the epoch`, { timeout: 240_000 }, async () => {
  let before = { epoch: 0, proposed: 0, finished: 0 };
  const endings = new Map<number, string>();
  for (let kill = 0; kill < KILLS; kill++) {
    // A third of the kills hit starting and opening, the rest the middle of writing.
    const afterMs = kill % 3 === 2 ? -(250 + 40 * kill) : (kill * 37) % 211;
    const said = await killWriter(kill + 1, afterMs);
    if (said === null && readLabOrNull() === null) continue;
    // The reader needs no repair beforehand and repairs nothing itself.
    const bytes = digest();
    const reader = readLab(file);
    const counts = reader.study(UID)?.counts;
    reader.close();
    await collectGarbage();
    expect(digest()).toBe(bytes);

    const lab = openLab(file, { create: false });
    const trials = trialsOf(lab.lab);
    const finished = trials.filter(({ end }) => end !== null);
    expect(lab.epoch).toBeGreaterThan(said?.epoch ?? before.epoch);
    expect(trials.length).toBeGreaterThanOrEqual(said?.proposed ?? before.proposed);
    expect(finished.length).toBeGreaterThanOrEqual(said?.finished ?? before.finished);
    expect(counts?.complete ?? 0).toBe(finished.length);
    expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i));
    // An end, once seen, never changes.
    for (const { number, end } of finished) {
      const told = JSON.stringify(end);
      expect(endings.get(number) ?? told).toBe(told);
      endings.set(number, told);
    }
    for (const number of endings.keys()) expect(trials[number]?.end).not.toBeNull();
    for (const { state, unsettled } of trials) expect(unsettled).toHaveLength(state === 'running' ? 1 : 0);
    if (lab.lab.studies.length > 0) expect(checkLab(file, spec.name)).toEqual([]);
    before = { epoch: lab.epoch, proposed: trials.length, finished: finished.length };
    lab.close();
  }
  expect(before.finished).toBeGreaterThan(100);
  expect(foreignly(file, 'PRAGMA integrity_check')).toEqual([['ok']]);
});

function readLabOrNull(): unknown {
  try {
    readLab(file).close();
    return 'a lab';
  } catch {
    // Killed before the tables were there.
    return null;
  }
}

function digest(): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
