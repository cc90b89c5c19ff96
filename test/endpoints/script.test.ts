/** Tests the endpoints of a person's own script: what is proposed, tried and permitted to whom. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCalls } from '../../src/endpoints/calls/calls.ts';
import type { OtherCalls } from '../../src/endpoints/calls/calls.ts';
import type { ProposedScript, ScriptTry } from '../../src/protocol/window/script.ts';
import type { StudyCheck } from '../../src/protocol/window/set-up.ts';
import { isRunning } from '../../src/runtime/process-running.ts';
import { ask, asked, callDeps } from '../support/call-deps.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { context as BROWSER } from '../support/window-client.ts';
import { noShell, skipIf } from '../support/platform.ts';

const folder = temporaryFolder();
const project = folder.file('project');
let calls: OtherCalls;
const handlers = (): object => calls.handlers;

beforeAll(() => {
  mkdirSync(project);
  writeFileSync(
    join(project, 'train.sh'),
    'echo "$@"; echo "accuracy=0.5"; echo "accuracy=0.75"\n',
  );
  writeFileSync(join(project, 'wait.sh'), 'echo $$; sleep 600 & echo $!; wait\n');
  calls = createCalls(callDeps(folder.file('user')));
});
afterAll(async () => {
  await calls.close();
  folder.remove();
});

const request = (name: string) => ({
  script: join(project, name),
  folder: null,
  python: null,
  args: [],
});

async function ended(): Promise<ScriptTry> {
  return expect
    .poll(() => asked<ScriptTry | null>(handlers(), 'scriptTry', {}), { timeout: 60_000 })
    .toMatchObject({ running: false })
    .then(() => asked<ScriptTry>(handlers(), 'scriptTry', {}));
}

async function problemsOf(study: unknown, context?: typeof BROWSER): Promise<string[]> {
  const check = await asked<StudyCheck>(handlers(), 'checkStudy', { study }, context);
  return check.problems.map(({ code }) => code);
}

describe('Endpoints: own script', () => {
  beforeEach((context) => skipIf(noShell, context));

  it('refuses a command until its script was chosen, and then for the desktop window only', async () => {
    const before = {
      ...(await asked<Readonly<Record<string, unknown>>>(handlers(), 'draft', {
        dataset: null,
      })),
      objective: { kind: 'command', command: ['sh', 'train.sh'], folder: project },
    };
    expect(await problemsOf(before)).toContain('command-not-started-here');
    const { study } = await asked<ProposedScript>(handlers(), 'proposeScript', request('train.sh'));
    expect(study['objective']).toMatchObject({
      command: ['sh', 'train.sh', '{params:flags}'],
      folder: project,
    });
    expect(await problemsOf(study)).toEqual([]);
    expect(await problemsOf(study, BROWSER)).toEqual(['command-not-started-here']);
    const others = [
      { command: ['sh', 'wait.sh'], folder: project },
      { command: ['sh', '-c', 'echo'], folder: project },
      { command: ['sh', 'train.sh'], folder: tmpdir() },
    ];
    for (const other of others) {
      const changed = { ...study, objective: { ...(study['objective'] as object), ...other } };
      expect(await problemsOf(changed), JSON.stringify(other)).toEqual([
        'command-not-started-here',
      ]);
    }
  });

  it('answers no browser that asks to read, try or end a script', async () => {
    const { study } = await asked<ProposedScript>(handlers(), 'proposeScript', request('train.sh'));
    for (const [name, input] of [
      ['proposeScript', request('train.sh')],
      ['tryScript', { study, values: {} }],
      ['scriptTry', {}],
      ['endScript', {}],
    ] as const)
      expect(await ask(handlers(), name, input, BROWSER), name).toMatchObject({
        ok: false,
        error: { code: 'no-programs' },
      });
  });

  it('tries a command once with the given values, finds its result, and leaves nothing behind', async () => {
    const { study } = await asked<ProposedScript>(handlers(), 'proposeScript', request('train.sh'));
    const before = readdirSync(tmpdir()).filter((name) => name.startsWith('galapagos-try-'));
    await asked(handlers(), 'tryScript', { study, values: { x: 0.25 } });
    const tried = await ended();
    expect(tried.end).toEqual({ outcome: 'value', value: 0.75 });
    expect(tried).toMatchObject({ reports: 2, first: 0.5, last: 0.75 });
    expect(tried.lines).toEqual(['--x 0.25', 'accuracy=0.5', 'accuracy=0.75']);
    const after = readdirSync(tmpdir()).filter((name) => name.startsWith('galapagos-try-'));
    expect(after.filter((name) => !before.includes(name))).toEqual([]);
  });

  it('ends a try with every process of its group, and says why a try found nothing', async () => {
    const { study } = await asked<ProposedScript>(handlers(), 'proposeScript', request('wait.sh'));
    await asked(handlers(), 'tryScript', { study, values: {} });
    await expect
      .poll(async () => (await asked<ScriptTry>(handlers(), 'scriptTry', {})).lines.length, {
        timeout: 60_000,
      })
      .toBe(2);
    const { lines } = await asked<ScriptTry>(handlers(), 'scriptTry', {});
    await asked(handlers(), 'endScript', {});
    expect((await ended()).end).toEqual({ outcome: 'cancelled' });
    for (const pid of lines) await expect.poll(() => isRunning(Number(pid))).toBe(false);
    const wrong = {
      ...study,
      objective: { ...(study['objective'] as object), command: ['sh', 'wait.sh', '{{'] },
    };
    writeFileSync(join(project, 'wait.sh'), 'echo nothing\n');
    await asked(handlers(), 'tryScript', { study: wrong, values: {} });
    expect((await ended()).end).toMatchObject({
      outcome: 'failed',
      error: expect.stringMatching(/the result rule never matched/) as string,
    });
  });
});
