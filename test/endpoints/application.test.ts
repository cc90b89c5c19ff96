/** The application as a window meets it: a lab in a file, real workers, commands by the table, streams through the pump. */
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { answer } from '../../src/endpoints/answer.ts';
import type { Application } from '../../src/endpoints/application.ts';
import { createEndpoints } from '../../src/endpoints/create-endpoints.ts';
import { commands, queries } from '../../src/protocol/endpoints.ts';
import type { StudyFile } from '../../src/protocol/study-file.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { Connection, context } from '../support/window-client.ts';

const resources = join(import.meta.dirname, '../../resources');
const folder = temporaryFolder();
afterAll(() => folder.remove());
const closing: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function study(trials: number, objective: Partial<Extract<StudyFile['objective'], { kind: 'synthetic' }>> = {}): StudyFile {
  return {
    format: 'galapagos-study/1',
    name: 'sphere',
    objective: { kind: 'synthetic', function: 'sphere', ...objective },
    direction: 'minimize',
    searchSpace: { x: { type: 'float', low: -1, high: 1 }, y: { type: 'categorical', choices: ['a', 'b'] } },
    sampler: { name: 'random' },
    stop: { trials },
    seed: 1,
  };
}

async function open(
  name: string,
): Promise<{ app: Application; window: Connection; call: (name: string, input: unknown) => Promise<unknown> }> {
  const app = await createEndpoints({
    resources,
    userFolder: folder.file('user'),
    lab: folder.file(name),
    workers: 1,
    host: 'server',
    version: '0',
  });
  const window = new Connection(app.endpoints);
  closing.push(() => app.close());
  closing.push(() => window.close());
  const call = async (called: string, input: unknown): Promise<unknown> => {
    const answered = await answer({ ...queries, ...commands }, app.endpoints.calls, called, input, context);
    if (!answered.ok) throw Object.assign(new Error(answered.error.code), answered.error);
    return answered.value;
  };
  return { app, window, call };
}

describe('a study that is started', () => {
  it('is seen to its end: rows, curves, head, rail, attempts and slots', async () => {
    const { window, call } = await open('whole.db');
    const lab = window.lab();
    const { study: uid } = (await call('startStudy', { study: study(12), workers: null })) as { study: string };
    const client = window.study(uid);
    await window.until(() => client.head?.state === 'finished' && client.rows.size === 12);
    expect(client.head).toMatchObject({ name: 'sphere', reason: 'trials', counts: { complete: 12, running: 0 }, parameters: ['x', 'y'] });
    const rows = [...client.rows.values()];
    expect(rows.map(({ finish }) => finish).sort((a, b) => a - b)).toEqual(rows.map((_, i) => i));
    const best = Math.min(...rows.map(({ value }) => value));
    expect(client.head?.best?.value).toBe(best);
    expect(client.head?.staircase.values.at(-1)).toBe(best);
    await window.until(() => lab.attempts.size === 12 && [...lab.attempts.values()].every(({ to }) => to !== null));
    await window.until(() => lab.body.studies?.[0]?.state === 'finished');
    expect(lab.body.slots).toMatchObject([{ slot: 'local/cpu/0', node: 'local', device: 'cpu' }]);
    expect(window.failures).toEqual([]);
  });
});
