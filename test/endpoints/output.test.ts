import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputOf } from '../../src/endpoints/reading/output-of.ts';
import { OutputLog, outputFolder } from '../../src/objectives/command/output/output-log.ts';
import { MOST_OUTPUT } from '../../src/protocol/window/reading.ts';
import { addPart, emptyOutput, shownLines } from '../../src/renderer/inspector/output-lines.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

const written = (trial: number, attempt: number, text: string, limit = 1e7): void => {
  const log = new OutputLog(outputFolder(folder.path, 'uid', trial), attempt, limit);
  log.add(Buffer.from(text));
  log.close();
};

describe('Window: output of a program', () => {
  it('is the end of the last attempt at first, then what was added', () => {
    written(3, 1, 'old\n');
    written(3, 2, `${'x'.repeat(99)}\n`.repeat(10_000));
    const first = outputOf(folder.path, 'uid', 3, null);
    expect(first).toMatchObject({ attempt: 2, omitted: 1_000_000 - MOST_OUTPUT, end: 1_000_000 });
    expect(first.lines.length).toBe(Math.ceil(MOST_OUTPUT / 100));
    appendFileSync(join(outputFolder(folder.path, 'uid', 3), '2.log'), 'last\n');
    expect(outputOf(folder.path, 'uid', 3, first.end)).toEqual({
      ...{ attempt: 2, omitted: 0, lines: ['last'] },
      end: 1_000_005,
    });
    // As after a new attempt, whose output is shorter.
    written(3, 3, 'new\n');
    expect(outputOf(folder.path, 'uid', 3, first.end)).toMatchObject({
      attempt: 3,
      lines: ['new'],
    });
  });

  it('is nothing for a trial without output, and for a name that leads out of the folder', () => {
    written(3, 1, 'secret\n');
    const nothing = { attempt: null, omitted: 0, lines: [], end: 0 };
    expect(outputOf(folder.path, 'uid', 4, null)).toEqual(nothing);
    for (const name of ['../output/uid', '..', 'uid/', ''])
      expect(outputOf(folder.path, name, 3, null)).toEqual(nothing);
  });

  it('says how much was left out of a long output', () => {
    written(0, 1, `${'y'.repeat(9)}\n`.repeat(1_000), 1_600);
    const whole = outputOf(folder.path, 'uid', 0, 0);
    expect(whole.end).toBe(10_000);
    expect(whole.omitted).toBeGreaterThan(8_000);
  });

  it('never divides a character between two stretches, and no gap joins two lines', () => {
    const text = `a${'é'.repeat(MOST_OUTPUT)}`;
    written(0, 1, text);
    let [from, read] = [0, ''];
    while (from < Buffer.byteLength(text)) {
      const { lines, end } = outputOf(folder.path, 'uid', 0, from);
      read += lines.join('');
      from = end;
    }
    expect(read).toBe(text);
    written(0, 2, 'x'.repeat(2_000), 1_600);
    expect(outputOf(folder.path, 'uid', 0, 0).lines.map(({ length }) => length)).toEqual([
      800, 800,
    ]);
  });

  it('keeps the latest lines, and searches them without regard to case', () => {
    const part = { attempt: 1, omitted: 0, lines: ['Epoch 1', 'loss 2', 'EPOCH 2'], end: 9 };
    const once = addPart(emptyOutput, part);
    expect(shownLines(once, 'epoch')).toEqual({
      ...{ text: 'Epoch 1\nEPOCH 2', found: 2, of: 3, cut: false },
    });
    expect(addPart(once, { ...part, lines: [] })).toBe(once);
    expect(addPart(once, { ...part, attempt: 2, lines: ['a'] }).lines).toEqual(['a']);
    const many = Array.from({ length: 30_000 }, (_, i) => String(i));
    const long = addPart(once, { ...part, lines: many });
    expect([long.lines.length, long.lines.at(-1), long.cut]).toEqual([20_000, '29999', true]);
    expect(shownLines(long, '').text.split('\n').length).toBe(1_000);
  });
});
