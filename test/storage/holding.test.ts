/**
 * Tests the lock of a lab: one process writes at a time, others are refused, and a former holder is
 * fenced.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { contents, failure, makeLab } from '../support/lab-files.ts';
import { holdLab } from '../support/lab-holder.ts';
import type { LabHolder } from '../support/lab-holder.ts';
import { propose, spec } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
const children: ChildProcess[] = [];
const holders: LabHolder[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const holder of holders.splice(0)) await holder.kill();
  folder.remove();
});

async function hold(): Promise<LabHolder> {
  const holder = await holdLab(file);
  holders.push(holder);
  return holder;
}

describe('Lab file: concurrent programs', () => {
  it('reports busy while another program locks the file longer than the time-out', () => {
    makeLab(file);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const before = contents(folder.path);
    expect(failure(() => openLab(file, { create: false, timeoutMs: 50 }))).toMatchObject({
      code: 'busy',
      temporary: true,
    });
    expect(contents(folder.path)).toEqual(before);
    other.exec('ROLLBACK');
    const lab = openLab(file, { create: false, timeoutMs: 50 });
    other.exec('BEGIN IMMEDIATE');
    expect(failure(() => lab.commit([[propose(2)]]))).toMatchObject({
      code: 'busy',
      temporary: true,
    });
    other.exec('ROLLBACK');
    lab.commit([[propose(2)]]);
    lab.close();
    other.close();
  });

  it('reports the holder by its pid while its process lives, and is free as soon as the process is gone', async () => {
    makeLab(file);
    const holder = await hold();
    const error = failure(() => openLab(file, { create: false }));
    expect(error).toMatchObject({ code: 'held', temporary: false });
    expect(error.message).toContain(`process ${holder.process.pid ?? 0} is writing it`);
    // A held lab can still be read.
    expect(readLab(file).study(spec.name)?.counts.complete).toBe(1);
    await holder.kill();
    const lab = openLab(file, { create: false });
    expect(lab.epoch).toBe(3);
    lab.close();
  });

  it.each([
    ['open', 2],
    ['create', 1],
  ])(
    'lets exactly one of several processes that %s it at the same time succeed',
    async (what, epoch) => {
      if (what === 'open') makeLab(file);
      const answers = await Promise.all(
        Array.from({ length: 4 }, async () => (await hold()).answer),
      );
      expect(answers.sort()).toEqual(['held', 'refused held', 'refused held', 'refused held']);
      expect(foreignly(file, 'SELECT epoch FROM galapagos_lab')).toEqual([[epoch]]);
    },
  );

  it('is one plain file again once closed, also after a kill', async () => {
    makeLab(file);
    const killed = await hold();
    expect(await killed.tell('commit')).toBe('committed');
    await killed.kill();
    expect(readdirSync(folder.path)).toContain('lab.db-wal');
    const holder = await hold();
    expect(await holder.tell('close')).toBe('closed');
    expect(readdirSync(folder.path)).toEqual(['lab.db']);
  });

  it('can be taken over from a living process, which is then fenced', async () => {
    makeLab(file);
    const holder = await hold();
    const lab = openLab(file, { create: false, takeOver: true });
    lab.commit([[propose(2)]]);
    expect(await holder.tell('commit')).toBe('fenced');
    lab.close();
  });

  it('is not held by a process that reuses the pid of the previous holder', () => {
    makeLab(file);
    const lab = openLab(file, { create: false });
    const [row] = foreignly(file, 'SELECT holder FROM galapagos_lab');
    const holder = JSON.parse(String(row?.[0])) as { pid: number };
    lab.close();
    foreignly(
      file,
      'UPDATE galapagos_lab SET holder = ?',
      JSON.stringify({ ...holder, start: 'another boot 1' }),
    );
    const next = openLab(file, { create: false });
    expect(next.epoch).toBe(3);
    next.close();
  });

  it('of another host counts as held while any process has it open, and as free otherwise', async () => {
    makeLab(file);
    foreignly(
      file,
      'UPDATE galapagos_lab SET holder = ?',
      JSON.stringify({ pid: 1, start: 'x', host: 'elsewhere' }),
    );
    // In separate processes, because closed connections of this one linger until the garbage
    // collector runs.
    const script = `
      import Database from 'libsql';
      const db = new Database(process.argv[1]);
      db.exec('PRAGMA journal_mode=WAL; SELECT * FROM studies');
      console.log('open');
      process.stdin.resume();`;
    const reader = spawn(process.execPath, ['--input-type=module', '-e', script, file], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(reader);
    await once(createInterface({ input: reader.stdout }), 'line');
    expect((await hold()).answer).toBe('refused held');
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    expect((await hold()).answer).toBe('held');
  });
});
