import { existsSync, readFileSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/program.ts';
import type { ResolvedRun } from '../../src/cli/run/resolved-run.ts';
import { changedStudyOutput, errorOutput, studiesOutput } from '../../src/protocol/cli-output.ts';
import { studyFile } from '../../src/protocol/study-file.ts';
import { readLab } from '../../src/storage/read-lab.ts';
import { openLab } from '../../src/storage/sqlite.ts';
import { foreignly } from '../support/foreign-program.ts';
import { UID, createStudy, propose, spec, start, succeed } from '../support/lab-writes.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
let file: string;
let asked: ResolvedRun | null;
beforeEach(() => {
  folder = temporaryFolder();
  file = folder.file('lab.db');
  asked = null;
  const lab = openLab(file, { create: true });
  lab.commit([[createStudy()], [propose(0), propose(1)], [start(0)], succeed(0, 0, 0.5)]);
  lab.commit([[{ op: 'studyState', uid: UID, state: 'paused', reason: 'paused by the user' }]]);
  lab.commit([[createStudy('b', { ...spec, name: 'b' })]]);
  lab.close();
});
afterEach(() => folder.remove());

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command line in this process, in the folder of the lab. */
async function cli(...args: string[]): Promise<Outcome> {
  const [out, err]: [string[], string[]] = [[], []];
  const stdout = Object.assign(
    new Writable({
      write: (chunk: Buffer, _, done) => {
        out.push(chunk.toString());
        done();
      },
    }),
    { columns: 80, rows: 24 },
  );
  const streams = {
    stdin: Readable.from([]),
    stdout,
    stderr: { write: (text: string) => err.push(text) },
    env: {},
    cwd: folder.path,
  };
  const runStudy = (run: ResolvedRun): Promise<0> => {
    asked = run;
    return Promise.resolve(0);
  };
  const code = await runCli(args, streams, { runStudy });
  return { code, out: out.join(''), err: err.join('') };
}

function stored(name: string): ReturnType<ReturnType<typeof readLab>['study']> {
  const reader = readLab(file);
  const study = reader.study(name);
  reader.close();
  return study;
}

/** Every row that is not about who holds the lab. */
function rows(...tables: string[]): unknown {
  return tables.map((table) => foreignly(file, `SELECT * FROM ${table} ORDER BY 1, 2`));
}

describe('Command line: rename, note, delete, restore', () => {
  it('renames a study by name or uid, and changes nothing else', async () => {
    const tables = [
      'trials',
      'trial_params',
      'galapagos_trial',
      'galapagos_attempt',
      'study_user_attributes',
    ];
    const [, other] = foreignly(file, 'SELECT * FROM galapagos_study ORDER BY id');
    const before = rows(...tables);
    expect(await cli('studies', 'rename', spec.name, 'renamed')).toEqual({
      code: 0,
      out: `Renamed ${spec.name} to renamed.\n`,
      err: '',
    });
    expect(stored('renamed')).toMatchObject({
      uid: UID,
      state: 'paused',
      counts: { complete: 1, waiting: 1 },
    });
    expect(rows(...tables)).toEqual(before);
    expect(foreignly(file, 'SELECT * FROM galapagos_study ORDER BY id')[1]).toEqual(other);
    await cli('studies', 'rename', UID, spec.name);
    expect(stored(spec.name)?.uid).toBe(UID);
  });

  it('refuses a taken name and says which is free; refuses a bad name', async () => {
    const taken = await cli('studies', 'rename', UID, 'b', '--json');
    expect(taken).toMatchObject({ code: 2, out: '' });
    expect(errorOutput.parse(JSON.parse(taken.err)).error).toMatchObject({
      code: 'name-taken',
      message: 'the lab holds a study named "b" already; "b-2" is free',
    });
    const bad = await cli('studies', 'rename', UID, ' x');
    expect(bad.code).toBe(2);
    expect(bad.err).toContain('a name of 1 to 512 characters');
    expect(stored(UID)?.name).toBe(spec.name);
  });

  it('keeps a note of several lines and shows it in studies, show and their JSON', async () => {
    expect((await cli('studies', 'note', UID, 'first é\r\nsecond')).out).toBe(
      `Saved the note on ${spec.name}.\n`,
    );
    expect(stored(UID)?.note).toBe('first é\nsecond');
    expect((await cli('studies')).out).toContain('first é …');
    expect((await cli('show', UID)).out).toContain('  note       first é\n             second\n');
    const { studies } = studiesOutput.parse(JSON.parse((await cli('studies', '--json')).out));
    expect(studies.map(({ note }) => note)).toEqual(['first é\nsecond', '']);
    expect((await cli('studies', 'note', UID, '')).out).toBe(`Removed the note on ${spec.name}.\n`);
    expect((await cli('studies', 'note', UID, 'x'.repeat(4_001))).code).toBe(2);
    expect((await cli('studies', 'note', UID, 'a\u202eb')).code).toBe(2);
    expect(stored(UID)?.note).toBe('');
  });

  it('lists a deleted study apart, restores it with all its trials, and prints JSON', async () => {
    const deleted = changedStudyOutput.parse(
      JSON.parse((await cli('studies', 'delete', UID, '--json')).out),
    );
    expect(deleted.study).toMatchObject({ uid: UID, deleted: true });
    const { out } = await cli('studies');
    expect(out.split('\n').slice(1, 2).join()).toMatch(/^b /);
    expect(out).toContain(`1 deleted study: ${spec.name}`);
    expect((await cli('studies', 'restore', UID)).out).toBe(`Restored ${spec.name}.\n`);
    expect(stored(UID)).toMatchObject({ deleted: false, counts: { complete: 1, waiting: 1 } });
  });

  it('deletes a study that a killed program left running, which is paused then', async () => {
    expect(stored('b')?.state).toBe('running');
    expect((await cli('studies', 'delete', 'b')).code).toBe(0);
    expect(stored('b')).toMatchObject({ deleted: true, state: 'paused' });
  });

  it('finds the lab wherever --lab stands on the command line', async () => {
    const other = folder.file('other.db');
    const lab = openLab(other, { create: true });
    lab.commit([[createStudy()]]);
    lab.close();
    await cli('studies', 'rename', UID, 'after', '--lab', 'other.db');
    await cli('studies', '--lab', 'other.db', 'note', UID, 'before');
    file = other;
    expect(stored(UID)).toMatchObject({ name: 'after', note: 'before' });
  });

  it('refuses a study of Optuna, an unknown study and an unknown lab', async () => {
    foreignly(file, "INSERT INTO studies (study_name) VALUES ('theirs')");
    expect(await cli('studies', 'rename', 'theirs', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('study of Optuna') as string,
    });
    expect(await cli('studies', 'rename', 'b', 'theirs')).toMatchObject({
      code: 2,
      err: expect.stringContaining('is free') as string,
    });
    expect((await cli('studies', 'delete', 'nobody')).err).toContain('contains no study "nobody"');
    expect((await cli('studies', 'delete', 'b', '--lab', 'none.db')).code).toBe(2);
    expect(existsSync(folder.file('none.db'))).toBe(false);
  });

  it('refuses to change a lab that another program writes, and says which', async () => {
    const lab = openLab(file, { create: false });
    try {
      const refused = await cli('studies', 'rename', UID, 'x');
      expect(refused.code).toBe(1);
      expect(refused.err).toContain(`process ${process.pid} is writing it`);
    } finally {
      lab.close();
    }
    expect(stored(UID)?.name).toBe(spec.name);
  });
});

describe('Command line: remove and duplicate', () => {
  it('removes a deleted study from the file, and no other', async () => {
    expect(await cli('studies', 'remove', UID)).toMatchObject({
      code: 1,
      err: expect.stringContaining('delete it first') as string,
    });
    await cli('studies', 'delete', UID);
    expect(JSON.parse((await cli('studies', 'remove', UID, '--json')).out)).toEqual({
      lab: 'lab.db',
      removed: spec.name,
    });
    expect(stored(UID)).toBeNull();
    expect(stored('b')).not.toBeNull();
    expect(rows('trials', 'galapagos_attempt', 'trial_params', 'trial_user_attributes')).toEqual([
      [],
      [],
      [],
      [],
    ]);
  });

  it('prints the study file of a study under the next free name, which run takes', async () => {
    await cli('studies', 'note', 'b', 'a note');
    const copy = studyFile.parse(JSON.parse((await cli('studies', 'duplicate', 'b')).out));
    expect(copy).toMatchObject({ name: 'b-2', seed: spec.seed, stop: { trials: 64 } });
    const { out } = await cli('studies', 'duplicate', 'b', '--name', 'other', '--output', 'copy');
    expect(out).toContain('Wrote copy: b as other. galapagos run ./copy starts it.');
    expect(studyFile.parse(JSON.parse(readFileSync(folder.file('copy'), 'utf8'))).name).toBe(
      'other',
    );
    expect((await cli('run', './copy')).code).toBe(0);
    expect(asked?.spec).toEqual({ ...spec, name: 'other' });
    expect((await cli('studies', 'duplicate', 'b', '--name', 'b')).err).toContain('"b-2" is free');
  });
});
