/**
 * Starts second programs of every kind beside a program that writes a lab, and kills the writer:
 * each starts while the writer works, is refused or reads, and ends. The log must stay the one that
 * was opened, and every ended trial must be in the file.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { PURPOSE, Stream } from '../../src/core/random.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { start } from './built-command.ts';
import { missingPython } from './peer-python.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/** A study that does not end while a test runs. */
export const besideStudy = {
  format: 'galapagos-study/1' as const,
  name: 'beside',
  objective: { kind: 'synthetic' as const, function: 'sphere' as const, durationMs: 10 },
  direction: 'minimize' as const,
  searchSpace: { x: { type: 'float' as const, low: -1, high: 1 } },
  sampler: { name: 'random' as const },
  stop: { trials: 1_000_000 },
  seed: 1,
};

/** Values of ended trials by number. */
export type Ends = ReadonlyMap<number, number | null>;

export interface Writer {
  /** Trials that it displayed as ended. */
  readonly shown: Ends;
  /** Number of trials that its window shows as complete; null: it has no window. */
  readonly complete: (() => Promise<number>) | null;
  /** Ends it with SIGKILL, together with every process that holds the lab file for it. */
  kill(): Promise<void>;
}

/** Reason why Optuna cannot be one of the second programs; null: it can. */
export const withoutOptuna = missingPython('optuna');
const withoutPython = missingPython('sqlite3');
const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';

const SQLITE = `import Database from 'libsql';
  const db = new Database(process.argv[1], { timeout: 10000 });
  db.exec('CREATE TABLE IF NOT EXISTS theirs (x); INSERT INTO theirs VALUES (1)');`;
const PYTHON_SQLITE = `import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
db.execute("CREATE TABLE IF NOT EXISTS theirs (x)")
db.execute("INSERT INTO theirs VALUES (2)")
db.commit()
db.close()`;
const OPTUNA = `import optuna, sys
optuna.logging.set_verbosity(optuna.logging.ERROR)
study = optuna.create_study(storage="sqlite:///" + sys.argv[1], study_name="theirs", load_if_exists=True)
study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=3)`;
const CHECK = `import Database from 'libsql';
  process.stdout.write(new Database(process.argv[1]).prepare('PRAGMA integrity_check').raw(true).all([])[0][0]);`;

/**
 * Every kind of second program: how it is run, and how it must end. `study.json` is in the folder.
 */
export function secondPrograms(
  folder: TemporaryFolder,
  lab: string,
): Record<string, () => Promise<void>> {
  const held = expect.stringContaining('is writing it') as string;
  const galapagos = (...args: string[]): ReturnType<typeof ran> =>
    start(args, folder.path, undefined, { GALAPAGOS_HOME: folder.file('second-home') }).ended;
  const { name } = besideStudy;
  return {
    'a run, refused': async () =>
      expect(await galapagos('run', 'study.json', '--lab', lab)).toMatchObject({
        code: 1,
        stderr: held,
      }),
    'a serve, refused': async () =>
      expect(await galapagos('serve', '--port', '0', '--lab', lab)).toMatchObject({
        code: 1,
        stderr: held,
      }),
    'the list of studies': async () =>
      expect(await galapagos('studies', '--lab', lab)).toMatchObject({ code: 0 }),
    'an export': async () =>
      expect(
        await galapagos('export', name, '--lab', lab, '--output', folder.file('best.json')),
      ).toMatchObject({ code: 0 }),
    'another SQLite program': () => sqliteProgram(lab),
    'a copy by cp': async () =>
      expect(await ran('cp', lab, folder.file('copy.db'))).toEqual({ code: 0, stderr: '' }),
    ...(withoutPython === null
      ? {
          'SQLite in Python': async () =>
            expect(await ran(python, '-c', PYTHON_SQLITE, lab)).toEqual({ code: 0, stderr: '' }),
        }
      : {}),
    ...(withoutOptuna === null
      ? {
          Optuna: async () =>
            expect(await ran(python, '-c', OPTUNA, lab)).toMatchObject({ code: 0 }),
        }
      : {}),
  };
}

/** Opens the lab for writing, writes to a table of its own, and ends. */
async function sqliteProgram(lab: string): Promise<void> {
  expect(await ran(process.execPath, '--input-type=module', '-e', SQLITE, lab)).toEqual({
    code: 0,
    stderr: '',
  });
}

/**
 * Runs a program to its end.
 * @returns its exit code and its stderr
 */
async function ran(
  program: string,
  ...args: string[]
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

/** Ended trials in the file; none while there is no study. */
export function endedTrials(lab: string): Ends {
  const reader = readLab(lab);
  try {
    if (reader.study(besideStudy.name) === null) return new Map();
    const complete = [...reader.trials(besideStudy.name)].filter(
      ({ state }) => state === 'complete',
    );
    return new Map(complete.map(({ number, value }) => [number, value]));
  } finally {
    reader.close();
  }
}

/**
 * Waits until `more` further trials have ended, as a reader of the file sees them, or the writer
 * has ended.
 */
export async function untilTrials(lab: string, writes: () => boolean, more: number): Promise<void> {
  // The file may not be a lab yet.
  const count = (): number => {
    try {
      return endedTrials(lab).size;
    } catch {
      return 0;
    }
  };
  const before = count();
  while (count() < before + more && writes()) await pause(50);
}

export interface Plan {
  readonly lab: string;
  readonly kinds: readonly (() => Promise<void>)[];
  /** Second programs over all runs of the writer. */
  readonly programs: number;
  /** Runs of the writer, each ended by a kill. */
  readonly kills: number;
  readonly startWriter: () => Promise<Writer>;
}

/** Runs the programs beside the writer, kills it repeatedly, and asserts that nothing is lost. */
export async function losesNothing({
  lab,
  kinds,
  programs,
  kills,
  startWriter,
}: Plan): Promise<void> {
  const chance = new Stream(3, { purpose: PURPOSE.simulation });
  const log = (): number => statSync(`${lab}-wal`).ino;
  let before: Ends = new Map();
  for (let life = 0, next = 0; life < kills; life++) {
    const writer = await startWriter();
    const opened = log();
    for (let beside = programs / kills; beside > 0; beside--, next++) {
      await kinds[next % kinds.length]?.();
      expect(log()).toBe(opened);
    }
    await pause(chance.below(50));
    const complete = (await writer.complete?.()) ?? 0;
    const seen = new Map([...before, ...endedTrials(lab), ...writer.shown]);
    await writer.kill();
    if (life % 5 === 0) await sqliteProgram(lab);
    const found = endedTrials(lab);
    for (const [number, value] of [...seen, ...writer.shown])
      expect([number, found.get(number)]).toEqual([number, value]);
    expect(found.size).toBeGreaterThanOrEqual(complete);
    expect(found.size).toBeGreaterThan(before.size);
    before = found;
  }
  expect(
    execFileSync(process.execPath, ['--input-type=module', '-e', CHECK, lab], { encoding: 'utf8' }),
  ).toBe('ok');
}
