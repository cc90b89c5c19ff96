/** Tests how commands show a study whose program was killed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import Database from 'libsql';
import { runCli } from '../../src/cli/program.ts';
import { showOutput } from '../../src/protocol/cli-output.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { cliContext } from '../support/cli-context.ts';
import { UID, createStudy, propose, start } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

async function cli(...args: string[]): Promise<string> {
  const { streams, printed } = cliContext(folder.path, {});
  const runStudy = (): Promise<0> => Promise.resolve(0);
  expect(await runCli(args, streams, { runStudy })).toBe(0);
  return printed();
}

/** Makes the file name a process that has ended as its holder, as after a kill. */
function killed(): void {
  const db = new Database(folder.file('lab.db'));
  db.exec("UPDATE galapagos_lab SET holder = json_set(holder, '$.start', 'ended')");
  db.close();
}

describe('Command line: a study whose program was killed', () => {
  it('is interrupted, and runs while a program has the lab open', async () => {
    const lab = openLab(folder.file('lab.db'), { create: true });
    lab.commit([[createStudy()], [propose(0)], [start(0)]]);
    expect(await cli('show', UID)).toContain('  state      running\n');
    killed();
    expect(await cli('show', UID)).toContain(
      "  state      interrupted (to go on: galapagos run 'sphere in four dimensions' --resume)\n",
    );
    expect(await cli('studies')).toMatch(/interrupted/);
    const { study } = showOutput.parse(JSON.parse(await cli('show', UID, '--json')));
    expect(study).toMatchObject({ state: 'running', interrupted: true });
    lab.close();
  });
});
