/** One process writes a lab at a time: who holds it, who is refused, who is fenced. */
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
import { propose, spec } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  folder.remove();
});

describe('a lab that somebody else uses', () => {
  it('is busy while another program keeps it locked longer than we wait', () => {
    makeLab(file);
    const other = new Database(file);
    other.exec('BEGIN IMMEDIATE');
    const before = contents(folder.path);
    expect(failure(() => openLab(file, { create: false, timeoutMs: 50 }))).toMatchObject({ code: 'busy', temporary: true });
    expect(contents(folder.path)).toEqual(before);
    other.exec('ROLLBACK');
    const lab = openLab(file, { create: false, timeoutMs: 50 });
    other.exec('BEGIN IMMEDIATE');
    expect(failure(() => lab.commit([[propose(2)]]))).toMatchObject({ code: 'busy', temporary: true });
    other.exec('ROLLBACK');
    lab.commit([[propose(2)]]);
    lab.close();
    other.close();
  });

  it('is held while its process lives, told by pid; free as soon as that is gone', async () => {
    makeLab(file);
    const { process: holder } = await spawnHolder();
    const error = failure(() => openLab(file, { create: false }));
    expect(error).toMatchObject({ code: 'held', temporary: false });
    expect(error.message).toContain(`process ${holder.pid ?? 0} is writing it`);
    // A held lab can still be read.
    expect(readLab(file).study(spec.name)?.counts.complete).toBe(1);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lab = openLab(file, { create: false });
    expect(lab.epoch).toBe(3);
    lab.close();
  });

  it.each([
    ['open', 2],
    ['create', 1],
  ])('is given to one of several that %s it at the same time', async (what, epoch) => {
    if (what === 'open') makeLab(file);
    const answers = await Promise.all(Array.from({ length: 4 }, async () => (await spawnHolder()).answer));
    expect(answers.sort()).toEqual(['held', 'refused held', 'refused held', 'refused held']);
    expect(foreignly(file, 'SELECT epoch FROM galapagos_lab')).toEqual([[epoch]]);
  });

  it('is one plain file again once closed, also after a kill', async () => {
    makeLab(file);
    const { process: killed } = await spawnHolder();
    expect(await tell(killed, 'commit')).toBe('committed');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(readdirSync(folder.path)).toContain('lab.db-wal');
    const { process: holder } = await spawnHolder();
    expect(await tell(holder, 'close')).toBe('closed');
    expect(readdirSync(folder.path)).toEqual(['lab.db']);
  });

  it('can be taken over from a living process, which is fenced', async () => {
    makeLab(file);
    const { process: holder } = await spawnHolder();
    const lab = openLab(file, { create: false, takeOver: true });
    lab.commit([[propose(2)]]);
    expect(await tell(holder, 'commit')).toBe('fenced');
    lab.close();
  });

  it('is not held by a process that got the pid of the one before it', () => {
    makeLab(file);
    const lab = openLab(file, { create: false });
    const [row] = foreignly(file, 'SELECT holder FROM galapagos_lab');
    const holder = JSON.parse(String(row?.[0])) as { pid: number };
    foreignly(file, 'UPDATE galapagos_lab SET holder = ?', JSON.stringify({ ...holder, start: 'another boot 1' }));
    expect(openLab(file, { create: false }).epoch).toBe(3);
    lab.close();
  });

  it('of another host is held while any process has it open, and free otherwise', async () => {
    makeLab(file);
    foreignly(file, 'UPDATE galapagos_lab SET holder = ?', JSON.stringify({ pid: 1, start: 'x', host: 'elsewhere' }));
    // In processes of their own: here, connections that were closed linger until the garbage collector comes.
    const script = `
      import Database from 'libsql';
      const db = new Database(process.argv[1]);
      db.exec('PRAGMA journal_mode=WAL; SELECT * FROM studies');
      console.log('open');
      process.stdin.resume();`;
    const reader = spawn(process.execPath, ['--input-type=module', '-e', script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(reader);
    await once(createInterface({ input: reader.stdout }), 'line');
    expect((await spawnHolder()).answer).toBe('refused held');
    reader.kill('SIGKILL');
    await once(reader, 'exit');
    expect((await spawnHolder()).answer).toBe('held');
  });

  async function tell(holder: ChildProcess, line: string): Promise<string> {
    holder.stdin?.write(`${line}\n`);
    const [answer] = (await once(createInterface({ input: holder.stdout ?? process.stdin }), 'line')) as [string];
    return answer;
  }

  async function spawnHolder(): Promise<{ readonly process: ChildProcess; readonly answer: string }> {
    const script = new URL('../support/lab-holder-process.ts', import.meta.url).pathname;
    const child = spawn(process.execPath, ['--import', 'tsx', script, file], { stdio: ['pipe', 'pipe', 'inherit'] });
    children.push(child);
    const [answer] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    return { process: child, answer };
  }
});
