/**
 * Tests draining and resuming workers from a window: running trials finish, and no new ones are
 * sent meanwhile.
 */
import { afterAll, afterEach, expect, it } from 'vitest';
import type { SlotRow } from '../../src/protocol/window/lab-stream.ts';
import { Applications, sphere } from '../support/open-application.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { LabClient } from '../support/window-client.ts';

const folder = temporaryFolder();
const applications = new Applications(folder);
afterEach(() => applications.close());
afterAll(() => folder.remove());

const OUT = 'local/cpu/1';

function slot(lab: LabClient, name = OUT): SlotRow | undefined {
  return lab.body.slots?.find((row) => row.slot === name);
}

it('Slots: a drained worker finishes its trials and gets nothing more until it is resumed', async () => {
  const { window, call } = await applications.open('slots.db', 2);
  const lab = window.lab();
  const { study: uid } = (await call('startStudy', {
    study: sphere(10_000, { durationMs: 60 }),
    workers: null,
  })) as { study: string };
  await window.until(
    () =>
      (slot(lab)?.running.length ?? 0) > 0 && (slot(lab, 'local/cpu/0')?.running.length ?? 0) > 0,
  );

  await call('drainWorker', { slot: OUT });
  await window.until(() => slot(lab)?.state === 'drained' && slot(lab)?.idle?.reason === 'drained');
  const on = (name: string) =>
    [...lab.attempts.values()].filter((attempt) => attempt.slot === name);
  await window.until(() => on(OUT).every(({ to }) => to !== null));
  expect(on(OUT).length).toBeGreaterThan(0);
  expect(on(OUT).map(({ outcome }) => outcome)).toEqual(on(OUT).map(() => 'succeeded'));
  const [ran, others] = [on(OUT).length, on('local/cpu/0').length];
  // The other worker continues: long enough that the drained one would have received some of them.
  await window.until(() => on('local/cpu/0').length >= others + 8);
  expect(on(OUT)).toHaveLength(ran);
  expect(slot(lab)).toMatchObject({ state: 'drained', running: [] });

  await call('resumeWorker', { slot: OUT });
  await window.until(() => on(OUT).length >= ran + 2);
  expect(slot(lab)?.state).not.toBe('drained');
  await call('stopStudy', { study: uid });
  expect(window.failures).toEqual([]);
});

it('Slots: with every worker drained a study waits, and continues with the first that is resumed', async () => {
  const { window, call } = await applications.open('nobody.db', 2);
  const lab = window.lab();
  await window.until(() => lab.body.slots?.length === 2);
  for (const name of ['local/cpu/0', OUT]) await call('drainWorker', { slot: name });
  await window.until(() => lab.body.slots?.every(({ state }) => state === 'drained') ?? false);
  const { study: uid } = (await call('startStudy', { study: sphere(3), workers: null })) as {
    study: string;
  };
  const client = window.study(uid);
  await window.until(() => client.head !== null);
  expect(client.head).toMatchObject({ state: 'running', counts: { running: 0, complete: 0 } });
  await call('resumeWorker', { slot: OUT });
  await window.until(() => client.head?.state === 'finished');
  // The study and the lab are feeds of their own: either may be the first to say so.
  await window.until(() => lab.attempts.size === 3);
  expect(new Set([...lab.attempts.values()].map((attempt) => attempt.slot))).toEqual(
    new Set([OUT]),
  );
});

it('Slots: an unknown worker can neither be drained nor resumed', async () => {
  const { call } = await applications.open('unknown.db');
  await expect(call('drainWorker', { slot: 'local/gpu-7/0' })).rejects.toMatchObject({
    code: 'unknown-slot',
  });
});
