/**
 * Starts second programs of every kind beside `run` and `serve`, and kills those: nothing is lost.
 * In full it takes minutes of CPU time, because it starts 96 real processes.
 */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { builtWithWindow, start } from '../support/built-command.ts';
import type { Command } from '../support/built-command.ts';
import { size } from '../support/effort.ts';
import {
  besideStudy as study,
  losesNothing,
  secondPrograms,
  untilTrials,
  withoutOptuna,
} from '../support/second-programs.ts';
import type { Writer } from '../support/second-programs.ts';
import { serve } from '../support/served.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

/** Numbers of second programs beside each kind of writer, and of kills of that writer. */
const PROGRAMS = size(8, 48);
const KILLS = size(1, 12);

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

async function writing(command: Command, shown: Writer['shown']): Promise<Writer> {
  writer = command;
  await untilTrials(lab, () => command.process.exitCode === null, 10);
  const kill = async (): Promise<void> => {
    command.process.kill('SIGKILL');
    await command.ended;
  };
  return { shown, complete: null, kill };
}

function runWriter(): Promise<Writer> {
  const shown = new Map<number, number | null>();
  const command = start(
    ['run', 'study.json', '--lab', lab, '--workers', '2', '--resume', '--json'],
    folder.path,
    (line) => {
      if (!line.endsWith('}')) return;
      const { event, trial, value } = JSON.parse(line) as {
        event: string;
        trial: number;
        value: number | null;
      };
      if (event === 'trialEnded') shown.set(trial, value);
    },
  );
  return writing(command, shown);
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
  const uid = reader.study(study.name)?.uid ?? null;
  reader.close();
  if (uid === null) await ask('startStudy', { study, workers: null });
  else await ask('resumeStudy', { study: uid });
  return writing(command, new Map());
}

describe.each([
  ['run', runWriter],
  ['serve', serveWriter],
])('Second programs beside %s', (_, startWriter) => {
  it(
    `lose nothing when the writer is killed (programs: ${PROGRAMS}, kills: ${KILLS})`,
    { timeout: 1_800_000 },
    async () => {
      const kinds = Object.values(secondPrograms(folder, lab));
      await losesNothing({ lab, kinds, programs: PROGRAMS, kills: KILLS, startWriter });
      expect(kinds.length).toBeGreaterThanOrEqual(6);
    },
  );
});

it('counts Optuna among the second programs', ({ skip }) =>
  skip(withoutOptuna !== null, withoutOptuna ?? ''));
