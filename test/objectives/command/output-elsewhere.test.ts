/** Tests the output and the files of trials that run on a machine without the lab file. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  discardLabFiles,
  forgetStudies,
  labOutputFolder,
  noteLabStudy,
  noteStudyOfLab,
  studiesOfLab,
  sweepLabFiles,
} from '../../../src/objectives/command/lab-files.ts';
import {
  OutputLog,
  outputFolder,
  readOutput,
} from '../../../src/objectives/command/output/output-log.ts';
import { AttemptFolderPool } from '../../../src/objectives/command/attempt/attempt-folders.ts';
import { Guardian } from '../../../src/objectives/command/attempt/guardian.ts';
import { ReceivedOutput } from '../../../src/objectives/command/output/received-output.ts';
import { runAttempt } from '../../../src/objectives/command/attempt/run-attempt.ts';
import { SentOutput } from '../../../src/objectives/command/output/sent-output.ts';
import { commandObjective } from '../../../src/protocol/command-objective.ts';
import { Gate } from '../../../src/runtime/gate.ts';
import { size } from '../../support/effort.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';
import { noShell, skipIf } from '../../support/platform.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

const LIMIT_MB = 0.01;
const objective = { kind: 'command', command: ['a'], keep: { outputMb: LIMIT_MB } };
const attempt = { study: 'uid', number: 7, attemptNumber: 1 };

describe('Output of a program on another machine', () => {
  it('is at the host what was sent, at its places and within the limit, whatever is lost', () => {
    const messages = fc.array(
      fc.record({ bytes: fc.uint8Array({ minLength: 1, maxLength: 4000 }), lost: fc.boolean() }),
      { maxLength: 20 },
    );
    let number = 0;
    fc.assert(
      fc.property(messages, fc.nat(19), (sent, restart) => {
        number += 1;
        const home = folder.file('host');
        let host = new ReceivedOutput(home);
        const received = outputFolder(home, 'uid', number);
        let at = 0;
        for (const [i, { bytes, lost }] of sent.entries()) {
          if (i === restart) host = new ReceivedOutput(home);
          if (!lost) host.add({ ...attempt, number }, objective, at, bytes);
          at += bytes.length;
        }
        const whole = Buffer.concat(sent.map(({ bytes }) => bytes));
        let place = 0;
        for (const { omitted, bytes, end } of readOutput(received, 1)) {
          place += omitted;
          expect(bytes.equals(whole.subarray(place, place + bytes.length))).toBe(true);
          place += bytes.length;
          expect(end).toBe(place);
        }
        if (sent.every(({ lost }) => !lost)) expect(place).toBe(whole.length);
        const kept = existsSync(received) ? readdirSync(received) : [];
        const sizes = kept.map((name) => statSync(join(received, name)).size);
        expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(LIMIT_MB * 1e6);
      }),
      { numRuns: size(60, 600) },
    );
  });

  it('is sent whole in messages of a bounded size, and then deleted here', () => {
    const here = labOutputFolder(folder.path, 'uid', 7);
    const log = new OutputLog(here, 1, 4e6);
    const messages: { from: number; bytes: Uint8Array }[] = [];
    const sent = new SentOutput(here, attempt, (_, from, bytes) => {
      messages.push({ from, bytes: Uint8Array.from(bytes) });
      return true;
    });
    const text = Buffer.alloc(1_500_000, 'line\n');
    log.add(text);
    log.close();
    sent.end();
    expect(Buffer.concat(messages.map(({ bytes }) => bytes)).equals(text)).toBe(true);
    expect(messages.map(({ from }) => from)).toEqual([0, 524_288, 1_048_576]);
    expect(existsSync(here)).toBe(false);
  });

  it('stays on its machine where no host takes it', () => {
    const here = labOutputFolder(folder.path, 'uid', 7);
    const log = new OutputLog(here, 1, 1e6);
    const sent = new SentOutput(here, attempt, () => false);
    log.add(Buffer.from('text'));
    log.close();
    sent.end();
    expect(readOutput(here, 1).map(({ bytes }) => bytes.toString())).toEqual(['text']);
  });
});

describe('Attempts after one on another machine', () => {
  beforeEach((context) => skipIf(noShell, context));

  it('say in their output that they begin without a checkpoint, unless one is here', async () => {
    const guardian = new Guardian(folder.file('own'));
    const pool = new AttemptFolderPool(folder.path);
    const run = async (attemptNumber: number, isCopied: boolean): Promise<string> => {
      const place = { folder: folder.path, project: folder.path };
      const snapshot = { hash: '0'.repeat(64), project: folder.path, folder: '.' };
      const parsed = commandObjective.parse({
        kind: 'command',
        command: ['sh', '-c', 'echo v=1; touch "$GALAPAGOS_CHECKPOINT_DIR/$GALAPAGOS_ATTEMPT"'],
        folder: folder.path,
        result: { stdout: 'v=(.*)' },
        ...(isCopied ? { snapshot } : {}),
      });
      const end = await runAttempt({
        ...{
          objective: parsed,
          own: process.env,
          place,
          study: { study: 'uid', name: 's', seed: 1 },
          pool,
          guardian,
        },
        lane: {
          attempt: { study: 'uid', number: isCopied ? 1 : 2, attemptNumber },
          params: {},
          signal: new AbortController().signal,
        },
        ...{ userFolder: folder.path, gate: new Gate(), threads: 1, report: () => undefined },
      });
      expect(end).toMatchObject({ outcome: 'finished', value: 1 });
      const parts = readOutput(outputFolder(folder.path, 'uid', isCopied ? 1 : 2), attemptNumber);
      return parts.map(({ bytes }) => bytes.toString()).join('');
    };
    try {
      const said =
        'galapagos: attempt 2 begins without a checkpoint: earlier attempts left none on this machine\n';
      expect(await run(2, true)).toBe(`${said}v=1\n`);
      expect(await run(3, true)).toBe('v=1\n');
      expect(await run(2, false)).toBe('v=1\n');
    } finally {
      guardian.close();
    }
  });
});

describe('Files of trials of another machine’s lab', () => {
  const checkpoints = (): string[] => {
    const place = folder.file('checkpoints/uid');
    return existsSync(place) ? readdirSync(place).sort() : [];
  };
  beforeEach(() => {
    for (const trial of [1, 2, 3]) {
      mkdirSync(folder.file(`checkpoints/uid/${trial}`), { recursive: true });
      mkdirSync(labOutputFolder(folder.path, 'uid', trial), { recursive: true });
    }
  });

  it('are deleted as the host says: of a trial, of all but the best, and of a study', async () => {
    noteLabStudy(folder.path, 'uid');
    await discardLabFiles(folder.path, { study: 'uid', trial: 2, keep: null });
    expect(checkpoints()).toEqual(['1', '3']);
    await discardLabFiles(folder.path, { study: 'uid', trial: null, keep: 3 });
    expect(checkpoints()).toEqual(['3']);
    expect(readdirSync(folder.file('output-of-labs'))).toEqual([]);
    await discardLabFiles(folder.path, { study: 'uid', trial: null, keep: null });
    expect(readdirSync(folder.file('checkpoints'))).toEqual([]);
    expect(readdirSync(folder.file('studies-of-labs'))).toEqual([]);
  });

  it('stay where the host names a study that never ran here, or a path', async () => {
    await discardLabFiles(folder.path, { study: 'uid', trial: null, keep: null });
    mkdirSync(folder.file('studies-of-labs'));
    for (const study of ['..', '.', 'a/../../checkpoints', 'a\\b'])
      await discardLabFiles(folder.path, { study, trial: null, keep: null });
    expect(checkpoints()).toEqual(['1', '2', '3']);
  });

  describe('where studies are gone from their lab', () => {
    const [lab, other, code] = ['1a'.repeat(32), '2b'.repeat(32), 'c0'.repeat(32)] as const;
    const forget = (from: string, ...studies: string[]): Promise<string[]> =>
      forgetStudies(folder.path, from, studies);
    beforeEach(() => {
      noteLabStudy(folder.path, 'uid');
      noteStudyOfLab(folder.path, lab, 'uid', code);
    });

    it('are deleted with the note, and the code is named if no other study needs it', async () => {
      noteStudyOfLab(folder.path, lab, 'stays', code);
      expect(await forget(lab, 'uid')).toEqual([]);
      expect(checkpoints()).toEqual([]);
      expect(readdirSync(folder.file('output-of-labs'))).toEqual([]);
      expect(await studiesOfLab(folder.path, lab)).toEqual(['stays']);
      expect(await forget(lab, 'stays')).toEqual([code]);
      expect(await studiesOfLab(folder.path, lab)).toEqual([]);
    });

    it('stay where another lab is meant, or another lab has the study as well', async () => {
      expect(await forget(other, 'uid')).toEqual([]);
      expect(checkpoints()).toEqual(['1', '2', '3']);
      noteStudyOfLab(folder.path, other, 'uid', code);
      expect(await forget(lab, 'uid')).toEqual([]);
      expect(checkpoints()).toEqual(['1', '2', '3']);
      expect(await forget(other, 'uid')).toEqual([code]);
      expect(checkpoints()).toEqual([]);
    });

    it('stay where a lab of this machine has the study', async () => {
      const marks = join('snapshots', 'ab'.repeat(32), 'needed-by');
      mkdirSync(folder.file(marks), { recursive: true });
      writeFileSync(folder.file(join(marks, 'study-uid')), '{}');
      await forget(lab, 'uid');
      expect(checkpoints()).toEqual(['1', '2', '3']);
    });

    it('are deleted at the next link if a kill interrupted the deletion', async () => {
      await discardLabFiles(folder.path, { study: 'uid', trial: null, keep: null });
      expect(await studiesOfLab(folder.path, lab)).toEqual(['uid']);
      expect(await forget(lab, 'uid')).toEqual([code]);
      expect(await forget(lab, 'uid', '..', '../../checkpoints')).toEqual([]);
      expect(readdirSync(folder.file('studies-by-lab'))).toEqual([lab]);
    });

    it('are forgotten with the note a month after both were used', async () => {
      const now = Date.now();
      const old = new Date(now - 31 * 86_400_000);
      for (const place of [`studies-by-lab/${lab}/uid`, 'studies-of-labs/uid'])
        utimesSync(folder.file(place), old, old);
      await sweepLabFiles(folder.path, now);
      expect(await studiesOfLab(folder.path, lab)).toEqual([]);
    });
  });

  it('are deleted a month after the last worker ran their study', async () => {
    noteLabStudy(folder.path, 'uid');
    writeFileSync(folder.file('studies-of-labs/other'), '');
    const now = Date.now();
    await sweepLabFiles(folder.path, now + 29 * 86_400_000);
    expect(checkpoints()).toEqual(['1', '2', '3']);
    const old = new Date(now - 31 * 86_400_000);
    utimesSync(folder.file('studies-of-labs/uid'), old, old);
    const marks = join('snapshots', 'ab'.repeat(32), 'needed-by');
    mkdirSync(folder.file(marks), { recursive: true });
    writeFileSync(folder.file(join(marks, 'study-uid')), '{}');
    await sweepLabFiles(folder.path, now);
    expect(checkpoints(), 'of a lab of this machine').toEqual(['1', '2', '3']);
    rmSync(folder.file('snapshots'), { recursive: true });
    await sweepLabFiles(folder.path, now);
    expect(checkpoints()).toEqual([]);
    expect(readdirSync(folder.file('studies-of-labs'))).toEqual(['other']);
  });
});
