/**
 * Starts second programs of every kind beside the desktop app, and kills the app: nothing is lost.
 * On the legacy host processes beside Electron (`shim/`) hold the lab file and are killed with it;
 * this suite does not test there that a process releases its own locks.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, it } from 'vitest';
import {
  besideStudy as study,
  losesNothing,
  secondPrograms,
  untilTrials,
} from '../support/second-programs.ts';
import type { Writer } from '../support/second-programs.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gone, isAlive } from '../support/worker-command.ts';
import { hostOrReason, launch } from './host.ts';
import type { Running } from './host.ts';
import { ask, snapshotOf } from './in-page.ts';

/** Numbers of second programs beside the app, and of kills of the app. */
const PROGRAMS = 24;
const KILLS = 4;
const SLOW = 60_000;

const host = hostOrReason();
const folder = temporaryFolder();
const home = folder.file('home');
const lab = join(home, 'lab.db');
let running: Running | null = null;
afterEach(async () => {
  if (running !== null) await killed(running);
  folder.remove();
});

/** Kills the app and its child processes at once, so that neither can close the lab file. */
async function killed({ pid }: Running): Promise<void> {
  if (!isAlive(pid)) return;
  process.kill(pid, 'SIGSTOP');
  const children = childrenOf(pid);
  for (const child of [...children, pid]) if (isAlive(child)) process.kill(child, 'SIGKILL');
  for (const ended of [...children, pid]) await gone(ended, SLOW);
}

/** Direct children, the helpers that hold the lab file among them. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/u).map(Number));
  return pairs.flatMap(([child = 0, parent = 0]) => (parent === pid ? [child] : []));
}

async function appWriter(): Promise<Writer> {
  if (typeof host === 'string') throw new Error(host);
  const app = await launch(host, home);
  running = app;
  const [known] = (await snapshotOf(app.page, 'lab', {})).studies ?? [];
  if (known === undefined) await ask(app.page, 'startStudy', { study, workers: 2 });
  else await ask(app.page, 'resumeStudy', { study: known.key });
  await untilTrials(lab, () => isAlive(app.pid), 10);
  const complete = async (): Promise<number> =>
    (await snapshotOf(app.page, 'lab', {})).studies?.[0]?.counts.complete ?? 0;
  return { shown: new Map(), complete, kill: () => killed(app) };
}

describe('Second programs beside the desktop app', () => {
  it(
    `lose nothing when the app is killed, over ${PROGRAMS} programs and ${KILLS} kills`,
    { timeout: 600_000 },
    async ({ skip }) => {
      if (typeof host === 'string') skip(host);
      writeFileSync(folder.file('study.json'), JSON.stringify(study));
      const kinds = Object.values(secondPrograms(folder, lab));
      await losesNothing({ lab, kinds, programs: PROGRAMS, kills: KILLS, startWriter: appWriter });
    },
  );
});
