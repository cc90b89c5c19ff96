/**
 * Kills the writer at random times with SIGKILL: everything that it reported as committed is there,
 * no step is partial, and the next opening continues.
 */
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
import { compiledScript } from '../support/compiled-script.ts';
import { collectGarbage } from '../support/collect-garbage.ts';
import { size } from '../support/effort.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, spec, trialsOf } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const WRITER = compiledScript('lab-writer-process.ts');
const KILLS = size(5, 40);

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

/**
 * Runs a writer and kills it `afterMs` after its line that counts `finished` ended trials, or after
 * its start where `afterMs` is negative.
 * @returns its last line
 */
async function killWriter(seed: number, afterMs: number, finished = 0): Promise<Said | null> {
  const child = spawn(process.execPath, [WRITER, file, String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout });
  const ended = once(lines, 'close');
  const spoken = new Promise<void>((resolve) =>
    lines.on('line', (line) => {
      said.push(line);
      if (saidBy(line).finished >= finished) resolve();
    }),
  );
  if (afterMs >= 0) await Promise.race([spoken, ended]);
  await setTimeout(Math.abs(afterMs));
  child.kill('SIGKILL');
  await Promise.all([once(child, 'close'), ended]);
  const last = said.at(-1);
  return last === undefined ? null : saidBy(last);
}

function saidBy(line: string): Said {
  const [epoch = NaN, proposed = NaN, finished = NaN] = line.split(' ').map(Number);
  return { epoch, proposed, finished };
}

interface Found {
  readonly epoch: number;
  readonly proposed: number;
  readonly finished: number;
  /** Each ended trial's end, as text. */
  readonly endings: ReadonlyMap<number, string>;
}

/** Opens the lab that a kill left, checks that no step is partial, and closes it. */
function takeUp(): Found {
  const lab = openLab(file, { create: false });
  const trials = trialsOf(lab.lab);
  expect(trials.map(({ number }) => number)).toEqual(trials.map((_, i) => i));
  for (const { state, unsettled } of trials)
    expect(unsettled).toHaveLength(state === 'running' ? 1 : 0);
  if (lab.lab.studies.length > 0) expect(checkLab(file, spec.name)).toEqual([]);
  lab.close();
  const endings = new Map(
    trials.flatMap(({ number, end }) => (end === null ? [] : [[number, JSON.stringify(end)]])),
  );
  return { epoch: lab.epoch, proposed: trials.length, finished: endings.size, endings };
}

/**
 * Number of trials that a reader counts as complete. Reading needs no repair and repairs nothing.
 */
async function readUnchanged(): Promise<number> {
  // Connections of this process linger until they are collected; the last one that may write
  // moves the log into the file.
  await collectGarbage();
  const bytes = digest();
  const complete = countComplete();
  await collectGarbage();
  expect(digest()).toBe(bytes);
  return complete;
}

function countComplete(): number {
  const reader = readLab(file);
  try {
    return reader.study(UID)?.counts.complete ?? 0;
  } finally {
    reader.close();
  }
}

it(
  `Lab file: ${KILLS} kills at random instants lose nothing, leave no partial write, and raise the epoch`,
  { timeout: 600_000 },
  async () => {
    let before: Found = { epoch: 0, proposed: 0, finished: 0, endings: new Map() };
    for (let kill = 0; kill < KILLS; kill++) {
      // A third of the kills hit starting and opening, the rest the middle of writing.
      const afterMs = kill % 3 === 2 ? -(250 + 40 * kill) : (kill * 37) % 211;
      const last = kill === KILLS - 1;
      const said = await killWriter(kill + 1, last ? 0 : afterMs, last ? 101 : 0);
      if (said === null && readLabOrNull() === null) continue;
      const complete = await readUnchanged();
      const found = takeUp();
      expect(found.finished).toBe(complete);
      expect(found.epoch).toBeGreaterThan(said?.epoch ?? before.epoch);
      expect(found.proposed).toBeGreaterThanOrEqual(said?.proposed ?? before.proposed);
      expect(found.finished).toBeGreaterThanOrEqual(said?.finished ?? before.finished);
      // A recorded end never changes.
      for (const [number, end] of before.endings) expect(found.endings.get(number)).toBe(end);
      before = found;
    }
    expect(before.finished).toBeGreaterThan(100);
    expect(foreignly(file, 'PRAGMA integrity_check')).toEqual([['ok']]);
  },
);

function readLabOrNull(): unknown {
  try {
    readLab(file).close();
    return 'a lab';
  } catch {
    // Killed before the tables were created.
    return null;
  }
}

function digest(): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
