/** Tests lab files with Optuna itself: finished, killed, and during writing. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { StudySummary } from '../../src/storage/lab-reader.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { compiledScript } from '../support/compiled-script.ts';
import {
  UID,
  createStudy,
  endAttempt,
  endTrial,
  plainPoint,
  plainSpec,
  point,
  propose,
  spec,
  start,
  succeed,
} from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const python = process.env['GALAPAGOS_PEER_PYTHON'] ?? '';
const checkLab = process.env['GALAPAGOS_CHECK_LAB'] ?? '';
const noPython = 'GALAPAGOS_PEER_PYTHON names no Python with optuna';
const noCheckLab = 'GALAPAGOS_CHECK_LAB names no check_lab.py';
const READS_LAB = new URL('../../bench/peers/optuna_reads_lab.py', import.meta.url).pathname;
const WRITER = compiledScript('lab-writer-process.ts');

let folder: TemporaryFolder;
let file: string;
let writer: ChildProcess | null = null;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => {
  writer?.kill('SIGKILL');
  writer = null;
  folder.remove();
});

interface Answer {
  readonly direction: string;
  readonly trials: number;
  readonly states: Readonly<Record<string, number>>;
  readonly best: {
    readonly number: number;
    readonly value: number;
    readonly params: Readonly<Record<string, unknown>>;
  };
  readonly attributes: readonly string[];
  readonly frame: readonly [number, number] | null;
  readonly told: readonly {
    readonly number: number;
    readonly state: string;
    readonly params: readonly string[];
  }[];
}

async function askOptuna(): Promise<Answer> {
  const { stdout } = await promisify(execFile)(python, [READS_LAB, file, spec.name], {
    maxBuffer: 2 ** 26,
  });
  return JSON.parse(stdout) as Answer;
}

async function judge(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(python, [checkLab, file, spec.name], {
      maxBuffer: 2 ** 26,
    });
    return stdout;
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error);
  }
}

function summary(): StudySummary | null {
  const reader = readLab(file);
  const study = reader.study(UID);
  reader.close();
  return study;
}

function makeFinished(of: typeof spec): void {
  const lab = openLab(file, { create: true });
  const steps = Array.from({ length: 40 }, (_, number) => [
    propose(number, UID, of === spec ? point(number) : plainPoint(number)),
  ]);
  lab.commit([[createStudy(UID, of)], ...steps, ...steps.map((_, number) => [start(number)])]);
  for (let number = 0; number < 36; number++)
    lab.commit([succeed(number, number, Math.sin(number))]);
  lab.commit([
    [
      endAttempt(36, 1, 'diverged'),
      endTrial(36, { finishSeq: 36, outcome: 'diverged', value: Infinity }),
    ],
  ]);
  lab.commit([
    [
      endAttempt(37, 1, 'crashed'),
      endTrial(37, { finishSeq: 37, state: 'failed', outcome: 'crashed', value: NaN }),
    ],
  ]);
  lab.commit([
    [
      endAttempt(38, 1, 'pruned'),
      endTrial(38, { finishSeq: 38, state: 'pruned', outcome: 'pruned', value: 0.75 }),
    ],
  ]);
  lab.commit([
    [
      endAttempt(39, 1, 'cancelled'),
      endTrial(39, { finishSeq: 39, state: 'failed', outcome: 'cancelled', value: NaN }),
    ],
  ]);
  lab.close();
}

/** A writer that is slow enough for a checker to follow. */
async function startWriter(): Promise<ChildProcess> {
  const child = spawn(process.execPath, [WRITER, file, '1', '100', 'plain'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  writer = child;
  const lines = createInterface({ input: child.stdout });
  for (let said = 0; said < 10; said++) await once(lines, 'line');
  lines.on('line', () => undefined);
  return child;
}

async function leaveKilled(): Promise<void> {
  const child = await startWriter();
  await setTimeout(150);
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('Optuna: labs of this program', { timeout: 600_000 }, () => {
  it('reads a finished lab with the same results, conditions included, and continues it', async ({
    skip,
  }) => {
    skip(python === '', noPython);
    makeFinished(spec);
    const answer = await askOptuna();
    const ours = summary();
    expect(answer).toMatchObject({
      direction: 'MINIMIZE',
      trials: 40,
      states: { COMPLETE: 37, FAIL: 2, PRUNED: 1 },
      best: { number: ours?.best?.number, value: ours?.best?.value },
      attributes: ['galapagos:trial', 'galapagos:uid'],
    });
    const reader = readLab(file);
    expect(answer.best.params).toEqual(reader.best(UID, 1)[0]?.params);
    reader.close();
    if (answer.frame !== null) expect(answer.frame[0]).toBe(40);
    const params = ['activation', 'learningRate', 'momentum', 'units'];
    expect(answer.told).toEqual(
      [40, 41, 42].map((number) => ({ number, state: 'COMPLETE', params })),
    );
  });

  it('reads a killed lab with the same results', async ({ skip }) => {
    skip(python === '', noPython);
    await leaveKilled();
    const { trials, states, best } = await askOptuna();
    const ours = summary();
    expect(states['COMPLETE']).toBe(ours?.counts.complete);
    expect(best).toMatchObject(ours?.best ?? {});
    expect(trials).toBeGreaterThanOrEqual(
      (ours?.counts.complete ?? 0) + (ours?.counts.running ?? 0),
    );
  });

  it('reads a lab that is being written, without an effect on the writer', async ({ skip }) => {
    skip(python === '', noPython);
    const child = await startWriter();
    const before = summary()?.counts.complete ?? 0;
    const { states } = await askOptuna();
    expect(states['COMPLETE']).toBeGreaterThanOrEqual(before);
    expect(summary()?.counts.complete).toBeGreaterThan(states['COMPLETE'] ?? 0);
    expect(child.exitCode).toBeNull();
  });

  for (const [what, make] of [
    ['finished', () => makeFinished(plainSpec)],
    ['killed', leaveKilled],
    ['being written', startWriter],
  ] as const) {
    it(`reports nothing wrong, nor does its dashboard, with a lab that is ${what}`, async ({
      skip,
    }) => {
      skip(python === '', noPython);
      skip(checkLab === '', noCheckLab);
      await make();
      const verdict = await judge();
      expect(verdict.split('\n').filter((line) => line.startsWith('FAIL'))).toEqual([]);
      expect(verdict).toMatch(/^2\d passed, 0 failed$/m);
    });
  }
});
