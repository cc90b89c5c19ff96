/** Tests studies of the window whose trials run in a copy of the project folder. */
import { existsSync, mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ExaminedProject, ProposedScript } from '../../src/protocol/window/script.ts';
import { WINDOW as DESKTOP } from '../support/call-deps.ts';
import { writeTree } from '../support/file-tree.ts';
import { Applications } from '../support/open-application.ts';
import type { OpenApplication } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { noShell, skipIf } from '../support/platform.ts';

const folder = temporaryFolder();
const project = folder.file('project');
const applications = new Applications(folder);
let opened: OpenApplication;
beforeEach(async () => {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project);
  writeTree(project, {
    'train.sh': 'while [ ! -e "$GO" ]; do sleep 0.05; done; echo "accuracy=$(cat value)"\n',
    value: '0.25',
    'data/big': 'x',
    '.gitignore': 'data/\n',
  });
  opened = await applications.open('lab.db');
});
afterEach(() => applications.close());
afterAll(() => folder.remove());

async function proposed(script = join(project, 'train.sh')) {
  const request = { script, folder: null, python: null, args: [] };
  const { study } = (await opened.call('proposeScript', request, DESKTOP)) as ProposedScript;
  return { ...study, stop: { trials: 3 } } as Record<string, unknown>;
}

const examine = (input: object) =>
  opened.call('examineProject', input, DESKTOP) as Promise<ExaminedProject>;

/** Starts a study, edits its project before a trial has read it, and returns the trials' values. */
async function valuesAfterEdit(more: object): Promise<number[]> {
  const study = await proposed();
  const objective = study['objective'] as Record<string, unknown>;
  rmSync(folder.file('go'), { force: true });
  const changed = { ...study, objective: { ...objective, env: { GO: folder.file('go') } } };
  const started = await opened.call(
    'startStudy',
    { study: changed, workers: null, ...more },
    DESKTOP,
  );
  writeFileSync(join(project, 'value'), '0.75');
  writeFileSync(folder.file('go'), '');
  const client = opened.window.study((started as { study: string }).study);
  await opened.window.until(() => client.head?.state === 'finished' && client.rows.size === 3);
  return [...client.rows.values()].map(({ value }) => value);
}

describe('Endpoints: copy of a project folder', () => {
  beforeEach((context) => skipIf(noShell, context));

  it('runs the trials of a study in the files of its start', async () => {
    expect(await valuesAfterEdit({ project: null })).toEqual([0.25, 0.25, 0.25]);
    const own = readdirSync(folder.file('user/snapshots')).filter((name) => name !== 'fetched');
    expect(own).toHaveLength(1);
  });

  it('runs them in the folder itself where no copy is asked for', async () => {
    expect(await valuesAfterEdit({})).toEqual([0.75, 0.75, 0.75]);
  });

  it('says before the start which folder is copied, how large it is and what is left out', async () => {
    await proposed();
    const command = ['sh', 'train.sh'];
    expect(await examine({ project: null, command, folder: project })).toEqual({
      project,
      files: 3,
      bytes: expect.any(Number) as number,
      leftOut: [{ path: 'data', why: 'ignored' }],
      more: 0,
      problems: [],
    });
  });

  it('refuses a folder that is missing, lacks the script or the working folder, or is too large', async () => {
    const study = await proposed();
    mkdirSync(join(project, 'inner'));
    const input = { command: ['sh', 'train.sh'], folder: project };
    const foundBy = async (typed: string) =>
      (await examine({ ...input, project: typed })).problems.map(({ code, path, expected }) => ({
        code,
        path,
        expected,
      }));
    expect(await foundBy(folder.file('nothing'))).toEqual([
      { code: 'missing-file', path: 'project', expected: 'a folder' },
    ]);
    const outside = { code: 'outside-project', path: 'project' };
    expect(await foundBy(join(project, 'inner'))).toEqual([
      { ...outside, expected: `a folder that contains ${project}` },
    ]);
    const inner = { command: ['sh', '../train.sh'], folder: join(project, 'inner') };
    const { problems, project: usual } = await examine({ ...inner, project: inner.folder });
    expect(usual).toBe(inner.folder);
    expect(problems).toMatchObject([
      { ...outside, expected: `a folder that contains ${join(project, 'train.sh')}` },
    ]);
    expect(await examine({ ...inner, project: null })).toMatchObject({ project, problems: [] });
    writeFileSync(join(project, 'weights.bin'), '');
    truncateSync(join(project, 'weights.bin'), 210e6);
    expect((await examine({ ...input, project: null })).problems).toMatchObject([
      {
        code: 'project-too-large',
        found: expect.stringMatching(/^210 MB, most of it in weights\.bin \(210 MB\)/) as string,
      },
    ]);
    const starting = opened.call('startStudy', { study, workers: null, project: null }, DESKTOP);
    await expect(starting).rejects.toMatchObject({
      code: 'invalid-input',
      data: { problems: [{ code: 'project-too-large' }] },
    });
    const snapshots = folder.file('user/snapshots');
    const staged = existsSync(snapshots) ? readdirSync(snapshots) : [];
    expect(staged.filter((name) => name.startsWith('new-'))).toEqual([]);
  });

  it('copies no folder for a browser', async () => {
    const study = await proposed();
    const input = { project: null, command: ['sh', 'train.sh'], folder: project };
    await expect(opened.call('examineProject', input)).rejects.toMatchObject({
      code: 'no-programs',
    });
    // The command is permitted here, so that only the folder is refused.
    writeFileSync(folder.file('go'), '');
    const env = { GO: folder.file('go') };
    const quick = { ...study, objective: { ...(study['objective'] as object), env } };
    await opened.call('startStudy', { study: quick, workers: null }, DESKTOP);
    const starting = opened.call('startStudy', { study: quick, workers: null, project: null });
    await expect(starting).rejects.toMatchObject({ code: 'no-programs' });
  });
});
