/**
 * Tests the command as a user starts it, with real workers: interruption and resume, failures,
 * reading beside a run, replay.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Connection } from '../../src/storage/connection.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, command, start } from '../support/built-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built);

const folders: TemporaryFolder[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

function made(): string {
  const folder = temporaryFolder();
  folders.push(folder);
  return folder.path;
}

const eventLine = z.looseObject({ event: z.string() });
const trainingStudy = z.looseObject({
  objective: z.looseObject({ settings: z.record(z.string(), z.unknown()) }),
});
const eventOf = (line: string) => eventLine.parse(JSON.parse(line));

function syntheticStudy(
  folder: string,
  objective: Record<string, unknown>,
  trials: number,
): string {
  const file = join(folder, 'study.json');
  const study = {
    format: 'galapagos-study/1',
    name: 'study',
    objective: { kind: 'synthetic', function: 'sphere', ...objective },
    direction: 'minimize',
    searchSpace: { x: { type: 'float', low: -1, high: 1 }, y: { type: 'float', low: -1, high: 1 } },
    sampler: { name: 'random' },
    stop: { trials },
    seed: 5,
  };
  writeFileSync(file, JSON.stringify(study));
  return file;
}

function recordsOf(lab: string, study = 'study') {
  const reader = readLab(lab);
  try {
    return [...reader.trials(study)];
  } finally {
    reader.close();
  }
}

/** More trials than a test finishes; it ends its study by a signal. */
const ENDLESS = 100_000;

/** Resumes an interrupted study, until the trials that were proposed and ten more have ended. */
async function finishedRecords(study: string, folder: string) {
  const lab = join(folder, 'lab.db');
  const trials = String(recordsOf(lab).length + 10);
  const args = ['run', study, '--workers', '2', '--resume', '--trials', trials];
  expect((await command(args, folder)).code).toBe(0);
  const records = recordsOf(lab);
  expect(records).toHaveLength(Number(trials));
  return records;
}

describe('Run: whole runs', () => {
  it('finishes running trials after one interruption, prints how to resume, and resumes to the full budget', async () => {
    const folder = made();
    const study = syntheticStudy(folder, { durationMs: 100 }, ENDLESS);
    let interrupted = false;
    const life = start(['run', study, '--workers', '2', '--json'], folder, (line) => {
      if (interrupted || eventOf(line).event !== 'trialEnded') return;
      interrupted = true;
      life.process.kill('SIGINT');
    });
    const { code, stdout } = await life.ended;
    const last = eventOf(stdout.split('\n').at(-1) ?? '');
    expect(code).toBe(130);
    expect(last).toMatchObject({ event: 'finished', state: 'paused' });
    expect(last['resumeCommand']).toContain('--resume');
    const before = recordsOf(join(folder, 'lab.db')).filter(({ state }) => state === 'complete');
    expect(before.length).toBeGreaterThan(0);

    const after = await finishedRecords(study, folder);
    expect(after.length).toBeGreaterThan(before.length);
    expect(after.map(({ state }) => state)).toEqual(after.map(() => 'complete'));
    for (const { number, value, attempts } of before)
      expect(after[number]).toMatchObject({ value, attempts });
  });

  it('keeps pruned trials with their last value, in the state that Optuna calls PRUNED', async () => {
    const folder = made();
    const study = syntheticStudy(folder, { pruneRate: 1, durationMs: 2 }, 3);
    const { code, stdout } = await command(['run', study, '--workers', '1'], folder);
    expect(code).toBe(0);
    expect(stdout).toContain('3 pruned');
    const lab = join(folder, 'lab.db');
    for (const { state, outcome, value, reports } of recordsOf(lab)) {
      expect({ state, outcome }).toEqual({ state: 'pruned', outcome: 'pruned' });
      expect(reports).toEqual([{ step: 0, value }]);
    }
    const connection = Connection.openReadOnly(lab, 1_000);
    const rows = connection.all(
      'SELECT state, value FROM trials JOIN trial_values USING (trial_id) ORDER BY number',
    );
    connection.close();
    expect(rows).toEqual(recordsOf(lab).map(({ value }) => ['PRUNED', value]));
  });

  it('exits at once after two interruptions and keeps the trials shown as finished', async () => {
    const folder = made();
    const study = syntheticStudy(folder, { durationMs: 60_000, failureRate: 0 }, 4);
    const life = start(['run', study, '--workers', '1', '--json'], folder, (line) => {
      const { event } = eventOf(line);
      if (event === 'trialStarted') life.process.kill('SIGINT');
      // The first signal is answered with a note; then the second is sent.
      if (event === 'note') life.process.kill('SIGINT');
    });
    expect((await life.ended).code).toBe(130);
  });

  it('quarantines a worker that alone fails every attempt, says so, and loses no trial by it', async () => {
    const folder = made();
    const objective = { durationMs: 50, failOnSlots: ['local/cpu/0'] };
    const study = syntheticStudy(folder, objective, ENDLESS);
    let [othersWorkAt, endedSince] = [Infinity, 0];
    let isQuarantined = false;
    const life = start(['run', study, '--workers', '3', '--json'], folder, (line) => {
      const { event, state } = eventOf(line);
      isQuarantined ||= state === 'quarantined';
      if (event !== 'trialEnded') return;
      if (state === 'complete') othersWorkAt = Math.min(othersWorkAt, Date.now());
      if (isQuarantined) endedSince += 1;
      if (endedSince === 30) life.process.kill('SIGINT');
    });
    const { code, stdout } = await life.ended;
    expect(code).toBe(130);
    expect(
      stdout
        .split('\n')
        .map(eventOf)
        .filter(({ state }) => state === 'quarantined'),
    ).toEqual([expect.objectContaining({ event: 'worker', slot: 'local/cpu/0' })]);
    const records = recordsOf(join(folder, 'lab.db'));
    expect(records.some(({ state, attempts }) => state === 'complete' && attempts > 1)).toBe(true);
    // A worker that starts long before the others has all attempts of a trial, which then fails.
    const failed = records.filter(({ state }) => state === 'failed');
    expect(failed.filter(({ complete }) => Number(complete) > othersWorkAt)).toEqual([]);
  });

  it('prints once what a worker wrote before a fault ended it', async () => {
    const folder = made();
    const fault = join(folder, 'fault.cjs');
    writeFileSync(
      fault,
      `WebAssembly.compile = () => {
        process.stderr.write('#\\n# Fatal error\\n# Check failed: registers.\\n#\\n# Trace\\n1: f\\n');
        process.abort();
      };`,
    );
    const args = ['run', 'mnist', '--workers', '1', '--trials', '1', '--json'];
    const life = start(args, folder, undefined, { NODE_OPTIONS: `--require ${fault}` });
    const { code, stdout } = await life.ended;
    expect(code).toBe(1);
    const events = stdout.trim().split('\n').map(eventOf);
    const words = events.flatMap(({ text }) => (String(text).includes('ended:') ? [text] : []));
    expect(words).toEqual([
      'worker local/cpu/0 ended: Fatal error; Check failed: registers.; Trace',
    ]);
    expect(events.at(-1)).toMatchObject({ event: 'finished', failed: 1 });
  });

  it('counts a diverged attempt as the worst result, and continues with the same worker', async () => {
    const folder = made();
    const study = syntheticStudy(folder, { divergeRate: 0.5 }, 30);
    const { code } = await command(['run', study, '--workers', '1'], folder);
    const records = recordsOf(join(folder, 'lab.db'));
    const diverged = records.filter(({ outcome }) => outcome === 'diverged');
    expect(code).toBe(0);
    expect(diverged.length).toBeGreaterThan(5);
    expect(
      diverged.every(
        ({ state, value, attempts }) =>
          state === 'complete' && value === Infinity && attempts === 1,
      ),
    ).toBe(true);
  });

  it('can be read while it writes', async () => {
    const folder = made();
    const study = syntheticStudy(folder, { durationMs: 20 }, 60);
    const beside: ReturnType<typeof command>[] = [];
    const life = start(['run', study, '--workers', '2', '--json'], folder, (line) => {
      if (eventOf(line).event === 'trialEnded' && beside.length === 0)
        beside.push(command(['best', 'study', '--json'], folder));
    });
    expect((await life.ended).code).toBe(0);
    const { code, stdout } = await beside[0]!;
    expect(code).toBe(0);
    expect(
      z.object({ best: z.array(z.unknown()).min(1) }).parse(JSON.parse(stdout)).best.length,
    ).toBeGreaterThan(0);
  });

  it('produces the same trials and the same weights on one worker and on four', async () => {
    const folder = made();
    const file = join(import.meta.dirname, '../../resources/studies/paper-mnist-evolution.json');
    const paper = trainingStudy.parse(JSON.parse(readFileSync(file, 'utf8')));
    // A tenth of the training images.
    paper.objective.settings['validation'] = 0.9;
    writeFileSync(join(folder, 'paper.json'), JSON.stringify(paper));
    const lists: unknown[][] = [];
    for (const workers of ['1', '4']) {
      const lab = join(folder, `lab-${workers}.db`);
      const { code, stderr } = await command(
        ['run', './paper.json', '--trials', '6', '--workers', workers, '--lab', lab],
        folder,
      );
      expect([code, stderr]).toEqual([0, '']);
      lists.push(
        recordsOf(lab, 'paper-mnist-evolution').map(({ params, value, result }) => [
          params,
          value,
          result?.metrics?.['checksum'],
        ]),
      );
    }
    expect(lists[1]).toEqual(lists[0]);
    expect(lists[0]?.[0]).toEqual([
      expect.anything(),
      expect.any(Number),
      expect.stringMatching(/^[0-9a-f]{64}$/),
    ]);
  });
});
