/**
 * Tests the application as a window uses it: a lab in a file, real workers, commands through the
 * table, streams through the pump.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { WINDOW as DESKTOP } from '../support/call-deps.ts';
import { foreignly } from '../support/foreign-program.ts';
import { Applications, sphere } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

describe('Application: a started study', () => {
  it('updates rows, curves, head, list of studies, attempts and slots until its end', async () => {
    const { window, call } = await applications.open('whole.db');
    const lab = window.lab();
    const { study: uid } = (await call('startStudy', { study: sphere(12), workers: null })) as {
      study: string;
    };
    const client = window.study(uid);
    await window.until(() => client.head?.state === 'finished' && client.rows.size === 12);
    expect(client.head).toMatchObject({
      name: 'sphere',
      reason: 'trials',
      counts: { complete: 12, running: 0 },
      parameters: ['x', 'y'],
      trains: false,
    });
    const rows = [...client.rows.values()];
    expect(rows.map(({ finish }) => finish).sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
    const best = Math.min(...rows.map(({ value }) => value));
    expect(client.head?.best?.value).toBe(best);
    expect(client.head?.staircase.values.at(-1)).toBe(best);
    await window.until(
      () => lab.attempts.size === 12 && [...lab.attempts.values()].every(({ to }) => to !== null),
    );
    await window.until(() => lab.body.studies?.[0]?.state === 'finished');
    expect(lab.body.slots).toMatchObject([{ slot: 'local/cpu/0', node: 'local', device: 'cpu' }]);
    expect(window.failures).toEqual([]);
  });
});

describe('Application: time left', () => {
  it('shows an estimate while a study runs, none while it is paused, and another once it is resumed', async () => {
    const { window, call } = await applications.open('left-time.db');
    const slow = sphere(100_000, { durationMs: 10 });
    const { study: uid } = (await call('startStudy', { study: slow, workers: null })) as {
      study: string;
    };
    const client = window.study(uid);
    const left = (): object => client.head?.timeLeft ?? {};
    await window.until(() => 'lowMs' in left());
    expect(left()).toMatchObject({
      lowMs: expect.any(Number) as number,
      highMs: expect.any(Number) as number,
    });
    await call('pauseStudy', { study: uid });
    await window.until(() => client.head?.state === 'paused');
    expect(left()).toEqual({ unknown: 'not-running', needed: null });
    await call('resumeStudy', { study: uid });
    await window.until(() => client.head?.state === 'running' && 'lowMs' in left());
    await call('stopStudy', { study: uid });
    await window.until(() => client.head?.state === 'finished');
    expect(left()).toEqual({ unknown: 'not-running', needed: null });
  });
});

describe('Application: a reopened lab', () => {
  it('shows the same as before', async () => {
    const first = await applications.open('again.db');
    const { study: uid } = (await first.call('startStudy', {
      study: sphere(20, { failureRate: 0.3 }),
      workers: null,
    })) as {
      study: string;
    };
    const before = first.window.study(uid);
    await first.window.until(() => before.head?.state === 'finished' && before.rows.size === 20);
    first.window.close();
    await first.app.close();

    const second = await applications.open('again.db');
    const after = second.window.study(uid);
    const lab = second.window.lab();
    await second.window.until(() => after.loaded === 20 && after.head !== null);
    const named = (client: typeof after): object[] =>
      [...client.rows.values()]
        .sort((a, b) => a.number - b.number)
        // Instants are those of the commit in the file, of the change in the window.
        .map(({ operator, slot, ...row }) => ({
          ...row,
          started: null,
          ended: null,
          operator: client.head?.operators[operator],
          slot: client.head?.slots[slot - 1],
        }));
    expect(named(after)).toEqual(named(before));
    expect(after.head?.staircase.values).toEqual(before.head?.staircase.values);
    await second.window.until(
      () => lab.attempts.size >= 20 && lab.body.studies?.[0]?.created !== null,
    );
    expect(lab.body.lab).toMatchObject({ interrupted: [], failed: null, untouched: false });
  });

  it('reports invalid values', async () => {
    const first = await applications.open('altered.db');
    const { study } = (await first.call('startStudy', { study: sphere(3), workers: null })) as {
      study: string;
    };
    const before = first.window.study(study);
    await first.window.until(() => before.head?.state === 'finished');
    first.window.close();
    await first.app.close();
    foreignly(
      folder.file('altered.db'),
      "UPDATE trial_params SET param_value = 7 WHERE param_name = 'x'",
    );

    const second = await applications.open('altered.db');
    const lab = second.window.lab();
    await second.window.until(() => (lab.body.lab?.damaged ?? null) !== null);
    expect(lab.body.lab?.damaged).toMatchObject({
      count: 3,
      first: expect.stringMatching(/param_value: x: .* found 7$/) as string,
    });
  });

  it('asks whether to resume interrupted studies, and resumes them', async () => {
    const first = await applications.open('left.db');
    const slow = sphere(6, { durationMs: 300 });
    const { study: uid } = (await first.call('startStudy', { study: slow, workers: null })) as {
      study: string;
    };
    const before = first.window.study(uid);
    await first.window.until(() => [...before.rows.values()].some(({ state }) => state === 1));
    first.window.close();
    await first.app.close();

    const second = await applications.open('left.db');
    const lab = second.window.lab();
    await second.window.until(() => lab.body.lab !== undefined);
    expect(lab.body.lab?.interrupted).toEqual([uid]);
    const after = second.window.study(uid);
    await second.window.until(() => after.head !== null);
    expect(after.head?.state).toBe('paused');
    await second.call('resumeStudy', { study: uid });
    await second.window.until(() => after.head?.state === 'finished');
    expect(after.head?.counts.complete).toBe(6);
    await second.window.until(() => lab.body.lab?.interrupted.length === 0);
  });
});

describe('Application: another lab', () => {
  it('replaces the first in the same window, with its workers', async () => {
    const other = await applications.open('other.db');
    await other.app.close();
    const { app, window, call } = await applications.open('one.db');
    const lab = window.lab();
    await window.until(() => lab.body.lab?.name === 'one.db');
    const path = folder.file('other.db');
    const opening = [1, 2].map(() => call('openLab', { source: { kind: 'path', path } }, DESKTOP));
    await Promise.all(opening);
    await window.until(() => lab.body.lab?.name === 'other.db');
    expect(app.labFile).toBe(path);
    const { study: uid } = (await call('startStudy', { study: sphere(2), workers: null })) as {
      study: string;
    };
    const client = window.study(uid);
    await window.until(() => client.head?.state === 'finished');
    expect(lab.body.slots?.map(({ slot }) => slot)).toEqual(['local/cpu/0']);
  });
});

describe('Application: an uploaded lab', () => {
  it("is stored among the user's labs and opened; a file that is not a lab leaves nothing", async () => {
    const other = await applications.open('sent.db');
    await other.app.close();
    const { app, call } = await applications.open('host.db');
    const uploaded = async (bytes: Buffer): Promise<string> => {
      const { upload } = (await call('beginUpload', {
        files: [{ path: 'sent.db', bytes: bytes.length }],
      })) as { upload: string };
      await app.uploads.write({
        upload,
        file: 0,
        offset: 0,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        bytes,
      });
      return upload;
    };
    const opened = async (bytes: Buffer): Promise<unknown> =>
      call('openLab', { source: { kind: 'upload', upload: await uploaded(bytes) } });
    const left = (): string[] =>
      readdirSync(folder.file('user/uploads')).filter((name) =>
        name.startsWith(`${String(process.pid)}-`),
      );
    await expect(opened(Buffer.from('no lab at all'))).rejects.toMatchObject({
      code: 'not-sqlite',
    });
    expect(readdirSync(folder.file('user/labs'))).toEqual([]);
    expect(basename(app.labFile)).toBe('host.db');
    await opened(readFileSync(folder.file('sent.db')));
    expect(app.labFile).toBe(folder.file('user/labs/sent.db'));
    await vi.waitUntil(() => left().length === 0, { timeout: 60_000 });
    await expect(
      call('openLab', { source: { kind: 'upload', upload: 'none' } }),
    ).rejects.toMatchObject({ code: 'unknown-upload' });
  });
});

describe('Application: a command that cannot be carried out', () => {
  it('is answered with an error', async () => {
    const { call } = await applications.open('refused.db');
    await expect(call('pauseStudy', { study: 'none' })).rejects.toMatchObject({
      code: 'unknown-study',
    });
    await expect(call('cancelTrial', { study: 'none', trial: 0 })).rejects.toMatchObject({
      code: 'unknown-study',
    });
    await expect(call('drainWorker', { slot: 'local/cpu/99' })).rejects.toMatchObject({
      code: 'unknown-slot',
    });
    const path = '/nowhere/at.all';
    await expect(
      call('openLab', { source: { kind: 'path', path } }, DESKTOP),
    ).rejects.toMatchObject({ code: 'not-found' });
    await expect(
      call('startStudy', { study: { ...sphere(1), sampler: { name: 'nonesuch' } }, workers: null }),
    ).rejects.toMatchObject({
      code: 'invalid-input',
    });
  });
});

describe('Application: a finished study', () => {
  it('continues for the added trials', async () => {
    const { window, call } = await applications.open('more.db');
    const { study: uid } = (await call('startStudy', { study: sphere(3), workers: null })) as {
      study: string;
    };
    const client = window.study(uid);
    await window.until(() => client.head?.state === 'finished');
    await call('addTrials', { study: uid, trials: 2 });
    await window.until(
      () => client.head?.state === 'finished' && client.head.counts.complete === 5,
    );
    expect(client.head?.limits.trials).toBe(5);
    const { study: other } = (await call('startStudy', { study: sphere(1), workers: null })) as {
      study: string;
    };
    const second = window.study(other);
    await window.until(() => second.head !== null);
    expect(second.head?.name).toBe('sphere-2');
  });
});
