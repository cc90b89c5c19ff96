/**
 * A second program of every kind starts, is refused or reads, and ends, while a writer works on the same lab; then the writer
 * is killed. The log is the one that was opened, and every trial that was shown as ended is in the file.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { builtWithWindow, start } from '../support/built-command.ts';
import type { Command } from '../support/built-command.ts';
import { missingPython } from '../support/peer-python.ts';
import { serve } from '../support/served.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

/** Second programs beside each kind of writer, and kills of that writer. */
const PROGRAMS = 100;
const KILLS = 20;
const STUDY = 'beside';

const chance = new Stream(3, { purpose: PURPOSE.simulation });
const optuna = missingPython('optuna');

let folder: TemporaryFolder;
let lab: string;
let writer: Command | null = null;
beforeAll(builtWithWindow);
beforeEach(() => {
  folder = temporaryFolder();
  lab = folder.file('lab.db');
  writeFileSync(folder.file('study.json'), JSON.stringify(study));
});
afterEach(async () => {
  writer?.process.kill('SIGKILL');
  await writer?.ended;
  folder.remove();
});

const study = {
  format: 'galapagos-study/1',
  name: STUDY,
  objective: { kind: 'synthetic', function: 'sphere', durationMs: 10 },
  direction: 'minimize',
  searchSpace: { x: { type: 'float', low: -1, high: 1 } },
  sampler: { name: 'random' },
  stop: { trials: 1_000_000 },
  seed: 1,
};

/** Runs a program to its end. @returns its exit code and what it said on stderr */
async function ran(program: string, ...args: string[]): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

async function galapagos(...args: string[]): ReturnType<typeof ran> {
  return start(args, folder.path, undefined, { GALAPAGOS_HOME: folder.file('second-home') }).ended;
}

const SQLITE = `import Database from 'libsql';
  const db = new Database(process.argv[1], { timeout: 10000 });
  db.exec('CREATE TABLE IF NOT EXISTS theirs (x); INSERT INTO theirs VALUES (1)');`;
const OPTUNA = `import optuna, sys
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///" + sys.argv[1], study_name="theirs", load_if_exists=True)
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)`;

/** Every kind of second program: how it is run, and how it must end. */
const programs: Record<string, () => Promise<void>> = {
  'a run, refused': async () => expect(await galapagos('run', 'study.json', '--lab', lab)).toMatchObject({ code: 1, stderr: held }),
  'a serve, refused': async () => expect(await galapagos('serve', '--port', '0', '--lab', lab)).toMatchObject({ code: 1, stderr: held }),
  'the list of studies': async () => expect(await galapagos('studies', '--lab', lab)).toMatchObject({ code: 0 }),
  'an export': async () =>
    expect(await galapagos('export', STUDY, '--lab', lab, '--output', folder.file('best.json'))).toMatchObject({ code: 0 }),
  'another SQLite program': async () =>
    expect(await ran(process.execPath, '--input-type=module', '-e', SQLITE, lab)).toEqual({ code: 0, stderr: '' }),
  'a copy by cp': async () => expect(await ran('cp', lab, folder.file('copy.db'))).toEqual({ code: 0, stderr: '' }),
  ...(optuna === null
    ? { Optuna: async () => expect(await ran(process.env['GALAPAGOS_PEER_PYTHON'] ?? '', '-c', OPTUNA, lab)).toMatchObject({ code: 0 }) }
    : {}),
};
const held = expect.stringContaining('is writing it') as string;

const log = (): number => statSync(`${lab}-wal`).ino;

/** Values of the ended trials in the file, by number; none while there is no study. */
function ended(): Map<number, number | null> {
  const reader = readLab(lab);
  try {
    if (reader.study(STUDY) === null) return new Map();
    return new Map([...reader.trials(STUDY)].filter(({ state }) => state === 'complete').map(({ number, value }) => [number, value]));
  } finally {
    reader.close();
  }
}

interface Writer {
  readonly command: Command;
  /** Trials that it showed as ended. */
  readonly shown: ReadonlyMap<number, number | null>;
}

async function runWriter(): Promise<Writer> {
  const shown = new Map<number, number | null>();
  const command = start(['run', 'study.json', '--lab', lab, '--workers', '2', '--resume', '--json'], folder.path, (line) => {
    if (!line.endsWith('}')) return;
    const { event, trial, value } = JSON.parse(line) as { event: string; trial: number; value: number | null };
    if (event === 'trialEnded') shown.set(trial, value);
  });
  await untilTrials(command, 10);
  return { command, shown };
}

async function serveWriter(): Promise<Writer> {
  const { command, origin, link } = await serve({ folder, token: 'beside-a-lab' });
  const ask = async (name: string, input: unknown): Promise<unknown> => {
    const response = await fetch(`${origin}/api/${name}`, {
      method: 'POST',
      body: JSON.stringify(input),
      headers: { authorization: `Bearer ${new URL(link).searchParams.get('token') ?? ''}` },
    });
    const answer = (await response.json()) as { ok: boolean; value?: unknown; error?: unknown };
    if (!answer.ok) throw new Error(JSON.stringify(answer.error));
    return answer.value;
  };
  const reader = readLab(lab);
  const uid = reader.study(STUDY)?.uid ?? null;
  reader.close();
  if (uid === null) await ask('startStudy', { study, workers: null });
  else await ask('resumeStudy', { study: uid });
  await untilTrials(command, 10);
  return { command, shown: new Map() };
}

/** Until `more` trials have ended than before, as a reader of the file sees them. */
async function untilTrials({ process: { exitCode } }: Command, more: number): Promise<void> {
  const before = safely(ended).size;
  while (safely(ended).size < before + more && exitCode === null) await pause(50);
}

/** The file may not be a lab yet. */
function safely(read: () => Map<number, number | null>): Map<number, number | null> {
  try {
    return read();
  } catch {
    return new Map();
  }
}

describe.each([
  ['run', runWriter],
  ['serve', serveWriter],
])('Second programs beside %s', (_, startWriter) => {
  it(`lose nothing when the writer is killed, over ${PROGRAMS} programs and ${KILLS} kills`, { timeout: 900_000 }, async () => {
    const kinds = Object.values(programs);
    let before = new Map<number, number | null>();
    for (let life = 0, next = 0; life < KILLS; life++) {
      const { command, shown } = await startWriter();
      writer = command;
      const opened = log();
      for (let beside = PROGRAMS / KILLS; beside > 0; beside--, next++) {
        await kinds[next % kinds.length]?.();
        expect(log()).toBe(opened);
      }
      await pause(chance.below(50));
      const seen = new Map([...before, ...ended(), ...shown]);
      command.process.kill('SIGKILL');
      await command.ended;
      if (life % 5 === 0) await programs['another SQLite program']?.();
      const found = ended();
      for (const [number, value] of [...seen, ...shown]) expect([number, found.get(number)]).toEqual([number, value]);
      expect(found.size).toBeGreaterThan(before.size);
      before = found;
    }
    expect(execFileSync(process.execPath, ['--input-type=module', '-e', CHECK, lab], { encoding: 'utf8' })).toBe('ok');
  });
});

const CHECK = `import Database from 'libsql';
  process.stdout.write(new Database(process.argv[1]).prepare('PRAGMA integrity_check').raw(true).all([])[0][0]);`;

it('counts Optuna among the second programs', ({ skip }) => skip(optuna !== null, optuna ?? ''));
