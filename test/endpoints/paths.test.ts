/**
 * Tests paths of this machine: only the desktop window may name them, and none is opened before it
 * is known to be a file.
 */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { OpenApplication } from '../support/open-application.ts';
import { commands, queries } from '../../src/protocol/endpoints.ts';
import { WINDOW as DESKTOP } from '../support/call-deps.ts';
import { namedPipe, noNamedPipe } from '../support/named-pipe.ts';
import { Applications } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
let opened: OpenApplication;
beforeAll(async () => {
  opened = await applications.open('open.db');
});
afterAll(async () => {
  await applications.close();
  folder.remove();
});

const study = {
  format: 'galapagos-study/1',
  name: 'paths',
  objective: { kind: 'synthetic', function: 'sphere' },
  direction: 'minimize',
  searchSpace: { x: { type: 'float', low: 0, high: 1 } },
  sampler: { name: 'random' },
  stop: { trials: 1 },
  seed: 1,
};

/** One input for each way to name a path of the machine, by endpoint. */
const naming: Readonly<Record<string, (path: string) => unknown>> = {
  openLab: (path) => ({ source: { kind: 'path', path } }),
  startFrom: (path) => ({ study, source: { kind: 'path', path, study: null, value: null } }),
  startStudy: (path) => ({
    study,
    workers: null,
    startFrom: [{ kind: 'path', path, study: null, value: null }],
  }),
  beginImport: (path) => ({ source: { kind: 'paths', paths: [path] }, label: 'x', options: {} }),
};

/** Endpoints with a field called `path` or `paths` anywhere in their input. */
function takingPaths(): string[] {
  const table: Readonly<Record<string, { readonly input: z.ZodType }>> = {
    ...queries,
    ...commands,
  };
  return Object.keys(table).filter((name) => {
    const schema = JSON.stringify(
      table[name]?.input.toJSONSchema({ io: 'input', unrepresentable: 'any' }),
    );
    return /"paths?":\{/.test(schema);
  });
}

describe('Access: local paths', () => {
  it('are named by the endpoints of this test, and by those of uploads, which are relative', () => {
    expect(
      takingPaths()
        .filter((name) => name !== 'beginUpload')
        .toSorted(),
    ).toEqual(Object.keys(naming).toSorted());
  });

  describe.each(Object.entries(naming))('%s', (name, input) => {
    it.each(['/etc/passwd', 'open.db', '/nowhere/at.all'])(
      'refuses %s from a browser without accessing it',
      async (path) => {
        const refusal = await opened.call(name, input(path)).catch((error: unknown) => error);
        expect(refusal).toMatchObject({
          code: 'no-paths',
          data: { expected: 'an upload', found: 'a path' },
        });
        expect(JSON.stringify(refusal)).not.toContain(path);
      },
    );
  });

  it('does not turn an empty file into a lab', async () => {
    const path = folder.file('empty');
    writeFileSync(path, '');
    await expect(opened.call('openLab', naming['openLab']?.(path), DESKTOP)).rejects.toMatchObject({
      code: 'not-found',
      data: { file: path, found: 'an empty file' },
    });
    expect(statSync(path).size).toBe(0);
    const { upload } = (await opened.call('beginUpload', {
      files: [{ path: 'sent.db', bytes: 0 }],
    })) as { upload: string };
    const sent = opened.call('openLab', { source: { kind: 'upload', upload } });
    await expect(sent).rejects.toMatchObject({
      code: 'not-found',
      data: { file: 'sent.db', found: 'an empty file' },
    });
    expect(
      existsSync(folder.file('user/labs')) ? readdirSync(folder.file('user/labs')) : [],
    ).toEqual([]);
  });

  it('opens neither a pipe nor a folder as a lab or a network', async ({ skip }) => {
    skip(noNamedPipe !== null, noNamedPipe ?? '');
    const pipe = namedPipe(folder.file('pipe'));
    mkdirSync(folder.file('folder'));
    try {
      for (const [path, found] of [
        ['pipe', 'no regular file'],
        ['folder', 'a folder'],
      ] as const) {
        const opening = opened.call('openLab', naming['openLab']?.(folder.file(path)), DESKTOP);
        await expect(opening).rejects.toMatchObject({ code: 'not-found', data: { found } });
        const text = JSON.stringify({ objective: { kind: 'train', network: `./${path}` } });
        const parsing = opened.call(
          'parseStudy',
          { text, source: folder.file('study.json') },
          DESKTOP,
        );
        await expect(parsing).rejects.toMatchObject({ code: 'invalid-input' });
      }
    } finally {
      pipe.close();
    }
  });
});
