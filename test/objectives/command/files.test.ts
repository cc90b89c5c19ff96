import { appendFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  tracebackSummary,
  failureOf,
} from '../../../src/objectives/command/failure/failure-text.ts';
import { numberOf, parseLenient } from '../../../src/objectives/command/values/lenient-json.ts';
import { Lines } from '../../../src/objectives/command/values/lines.ts';
import {
  OutputLog,
  attemptsWithOutput,
  readOutput,
} from '../../../src/objectives/command/output/output-log.ts';
import {
  AppendedLines,
  parseReportLine,
} from '../../../src/objectives/command/values/reports-file.ts';
import { searchFor } from '../../../src/objectives/command/values/value-rules.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => (folder = temporaryFolder()));
afterEach(() => folder.remove());

describe('Commands: bounded output', () => {
  const limit = 1600;

  it('keeps the first half and the end of any output, within its limit', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 700 }), { maxLength: 20 });
    let attempt = 0;
    fc.assert(
      fc.property(chunks, (written) => {
        attempt += 1;
        const log = new OutputLog(folder.path, attempt, limit);
        for (const chunk of written) {
          log.add(chunk);
          const size = readdirSync(folder.path)
            .filter((name) => name.startsWith(`${attempt}.log`))
            .reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0);
          expect(size).toBeLessThanOrEqual(limit);
        }
        log.close();
        const whole = Buffer.concat(written);
        let at = 0;
        for (const { omitted, bytes, end } of readOutput(folder.path, attempt)) {
          at += omitted;
          expect(bytes.equals(whole.subarray(at, at + bytes.length))).toBe(true);
          at += bytes.length;
          expect(end).toBe(at);
        }
        expect(at).toBe(whole.length);
        if (whole.length <= limit - limit / 16)
          expect(readOutput(folder.path, attempt).every(({ omitted }) => omitted === 0)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('reads an output on from where a reader was', () => {
    const log = new OutputLog(folder.path, 1, limit);
    log.add(Buffer.from('first '));
    const [first] = readOutput(folder.path, 1);
    log.add(Buffer.from('second'));
    expect(readOutput(folder.path, 1, first?.end)).toMatchObject([
      { omitted: 0, bytes: Buffer.from('second'), end: 12 },
    ]);
    log.close();
    expect(attemptsWithOutput(folder.path)).toEqual([1]);
    expect(attemptsWithOutput(join(folder.path, 'none'))).toEqual([]);
  });
});

describe('Commands: lines', () => {
  const linesOf = (chunks: readonly Buffer[]): string[] => {
    const found: string[] = [];
    const lines = new Lines((text) => found.push(text));
    for (const chunk of chunks) lines.add(chunk);
    lines.end();
    return found;
  };

  it('are the same however the bytes arrive', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'é', '🐢', '\n', '\r', ' ') });
    fc.assert(
      fc.property(text, fc.array(fc.nat(40)), (whole, cuts) => {
        const bytes = Buffer.from(whole);
        const places = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b)];
        const chunks = places.map((at, i) => bytes.subarray(at, places[i + 1] ?? bytes.length));
        expect(linesOf(chunks)).toEqual(linesOf([bytes]));
      }),
    );
  });

  it('end at line feeds, and at carriage returns unless they are empty', () => {
    expect(linesOf([Buffer.from('a\n\nb\r\n\r\nc\r50 %\r100 %\r\r\nd')])).toEqual([
      ...['a', '', 'b', '', 'c', '50 %', '100 %', '', 'd'],
    ]);
  });

  it('are decoded as UTF-8, else as code page 1252, for any bytes', () => {
    expect(
      linesOf([Buffer.from('caf\u00e9\n'), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a])]),
    ).toEqual(['café', 'café']);
    expect(linesOf([Buffer.from([0x80, 0x93, 0x9f, 0xff])])).toEqual(['€“Ÿÿ']);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const line of linesOf([Buffer.from(bytes)])) expect(line).not.toMatch(/[\r\n]/);
      }),
    );
  });

  it('are cut where they have no end', () => {
    const found = linesOf([Buffer.alloc(200_000, 'x')]);
    expect(found.join('').length).toBe(200_000);
    expect(Math.max(...found.map((line) => line.length))).toBeLessThanOrEqual(65_536);
    for (const character of ['é', '語', '🐢']) {
      const long = `a${character.repeat(60_000)}`;
      expect(linesOf([Buffer.from(long)]).join('')).toBe(long);
    }
  });
});

describe('Commands: the reports file', () => {
  it('says reports, results and metrics, also as Python writes numbers that are not finite', () => {
    const examples: readonly [string, object][] = [
      ['{"step": 2, "value": 0.5}', { says: 'report', step: 2, value: 0.5 }],
      ['{"step": 0, "value": NaN}', { says: 'report', value: NaN }],
      ['{"result": -Infinity}', { says: 'result', value: -Infinity }],
      ['{"result": "nan"}', { says: 'result', value: NaN }],
      ['{"result": null}', { says: 'result', value: NaN }],
      ['{"result": 1, "metrics": {"f1": 2, "note": "a"}}', { metrics: { f1: 2, note: 'a' } }],
      ['{"metrics": {"loss": Infinity}}', { says: 'metrics', metrics: { loss: 'inf' } }],
      ['{"step": -1, "value": 1}', { says: 'remark' }],
      ['{"step": 1, "value": "high"}', { says: 'remark' }],
      ['{"params": {}}', { says: 'remark' }],
      ['[1]', { says: 'remark' }],
      ['{"step": 1,', { says: 'remark' }],
      ['{"result": 1, "metrics": {"a": [1]}}', { says: 'remark' }],
    ];
    for (const [line, says] of examples) expect(parseReportLine(line)).toMatchObject(says);
  });

  it('never throws, whatever a program writes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
        expect(parseReportLine(line).says).toMatch(/report|result|metrics|remark/);
      }),
    );
  });

  it('is read on from where it was, and a line counts once it is whole', async () => {
    const file = join(folder.path, 'reports.jsonl');
    const found: string[] = [];
    const lines = new AppendedLines(file, (text) => found.push(text));
    lines.look();
    writeFileSync(file, 'one\ntw');
    lines.look();
    expect(found).toEqual(['one']);
    appendFileSync(file, 'o\nthree');
    lines.look();
    expect(found).toEqual(['one', 'two']);
    await lines.end();
    expect(found).toEqual(['one', 'two', 'three']);
  });

  it('gives others their turn while a large one is read', async () => {
    const file = join(folder.path, 'reports.jsonl');
    writeFileSync(file, `${'x'.repeat(30_000)}\n`.repeat(10));
    let [found, turns] = [0, 0];
    const lines = new AppendedLines(file, () => {
      found += 1;
      const begun = performance.now();
      while (performance.now() - begun < 15) turns += 0;
    });
    const other = setInterval(() => (turns += 1), 1);
    await lines.end();
    clearInterval(other);
    expect(found).toBe(10);
    expect(turns).toBeGreaterThan(0);
  });

  it('reads texts of numbers, and leaves texts inside strings as they are', () => {
    expect(parseLenient('{"a": [NaN, -Infinity], "b": "NaN, Infinity"}')).toEqual({
      a: ['nan', '-inf'],
      b: 'NaN, Infinity',
    });
    expect(['1e-3', ' .5 ', '+2', 'inf', '', 'x', '0x', true].map(numberOf)).toEqual([
      ...[0.001, 0.5, 2, Infinity],
      ...[null, null, null, null],
    ]);
  });
});

describe('Commands: rules for values', () => {
  it('stdout: takes each match, and says what it looked for when there is none', () => {
    const search = searchFor({ stdout: 'acc=(\\S+)' }, folder.path, folder.path);
    expect(search.look()).toEqual({ missing: 'no line of standard output matches /acc=(\\S+)/' });
    expect(search.line('acc=high')).toBeNull();
    expect(search.look()).toMatchObject({ missing: expect.stringContaining('"high"') as string });
    expect([search.line('epoch 1 acc=0.5'), search.line('epoch 2 acc=0.75')]).toEqual([0.5, 0.75]);
    expect(search.look()).toEqual({ values: [0.5, 0.75] });
  });

  it('json: takes a number or each number of a list at a path, and names what the file has', () => {
    const search = searchFor({ json: 'm.json', key: 'val.acc' }, folder.path, folder.path);
    expect(search.look()).toMatchObject({ missing: expect.stringContaining('m.json') as string });
    const written = (text: string) => {
      writeFileSync(join(folder.path, 'm.json'), text);
      return search.look();
    };
    expect(written('{"val": {"acc": 0.25}}')).toEqual({ values: [0.25] });
    expect(written('{"val.acc": [1, NaN, 3]}')).toEqual({ values: [1, NaN, 3] });
    expect(written('{"loss": 1, "note": "b"}')).toEqual({
      missing: 'm.json has no "val.acc": it has loss, note',
    });
    expect(written('{"val": {"acc": "best"}}')).toMatchObject({
      missing: expect.stringContaining('not a number') as string,
    });
    expect(written('{"val":')).toMatchObject({
      missing: expect.stringContaining('is not JSON') as string,
    });
  });

  it('json: names a folder in the place of the file', () => {
    const rule = searchFor({ json: 'r.json', key: 'v' }, folder.path, '/none');
    mkdirSync(join(folder.path, 'r.json'));
    expect(rule.look()).toEqual({ missing: 'r.json is not a file' });
  });

  it('csv: takes the numbers of a column, and names the columns when there is none', () => {
    const search = searchFor({ csv: 'log.csv', column: 'val, acc' }, folder.path, folder.path);
    writeFileSync(join(folder.path, 'log.csv'), 'epoch,"val, acc"\n0,0.5\n1,\n2,0.75\n');
    expect(search.look()).toEqual({ values: [0.5, 0.75] });
    const other = searchFor({ csv: 'log.csv', column: 'acc' }, folder.path, folder.path);
    expect(other.look()).toEqual({
      missing: 'log.csv has no column "acc": it has epoch, val, acc',
    });
  });
});

/** Of a program that ended by itself. */
const NOT_KILLED = { signal: null, memoryKill: false };

describe('Commands: what an end means', () => {
  const own = '/home/ada/project';
  const trace = [
    'epoch 1',
    'Traceback (most recent call last):',
    `  File "${own}/train.py", line 12, in <module>`,
    '    main()',
    '  File "model/net.py", line 40, in forward',
    '    x = self.fc(x)',
    `  File "${own}/.venv/lib/python3.11/site-packages/torch/nn/linear.py", line 114, in forward`,
    '    return F.linear(input, self.weight, self.bias)',
    'RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x10 and 20x5)',
  ].join('\n');

  it('puts the exception and the line of the user’s own file first', () => {
    expect(tracebackSummary(trace, own)).toBe(
      'RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x10 and 20x5) (model/net.py:40 in forward)\n    x = self.fc(x)',
    );
    expect(tracebackSummary('Segmentation fault', own)).toBeNull();
    const { as, error } = failureOf({ ...NOT_KILLED, code: 1 }, trace, own);
    expect(as).toBe('crashed');
    expect(error).toMatch(/^RuntimeError: .*\(model\/net\.py:40 in forward\)\n.*\nexit status 1\n/);
    expect(failureOf({ ...NOT_KILLED, code: 2 }, 'a\nsh: no such thing\n', own).error).toMatch(
      /^exit status 2: sh: no such thing\nthe last of its output:\na\n/,
    );
  });

  it('finds the line of the user in another process, and in an exception group', () => {
    const packages = `${own}/.venv/lib/python3.11/site-packages/torch/utils`;
    const loader = [
      'Traceback (most recent call last):',
      '  File "train.py", line 3, in <module>',
      '    for x in loader:',
      `  File "${packages}/_utils.py", line 804, in reraise`,
      '    raise exception',
      'ValueError: Caught ValueError in DataLoader worker process 0.',
      'Original Traceback (most recent call last):',
      `  File "${packages}/data/_utils/worker.py", line 375, in _worker_loop`,
      '    data = fetcher.fetch(index)',
      '           ^^^^^^^^^^^^^^^^^^^^',
      '  File "data.py", line 4, in __getitem__',
      '    raise ValueError("bad sample")',
      'ValueError: bad sample',
    ];
    expect(tracebackSummary(loader.join('\n'), own)).toBe(
      'ValueError: bad sample (data.py:4 in __getitem__)\n    raise ValueError("bad sample")',
    );
    const pool = [
      'multiprocessing.pool.RemoteTraceback: ',
      '"""',
      'Traceback (most recent call last):',
      '  File "/usr/lib/python3.11/multiprocessing/pool.py", line 125, in worker',
      '    result = (True, func(*args, **kwds))',
      '  File "train.py", line 3, in f',
      '    raise KeyError("k")',
      "KeyError: 'k'",
      '"""',
      '',
      'The above exception was the direct cause of the following exception:',
      '',
      'Traceback (most recent call last):',
      '  File "train.py", line 6, in <module>',
      '    p.map(f, [1, 2])',
      "KeyError: 'k'",
    ];
    const cause = `KeyError: 'k' (train.py:3 in f)\n    raise KeyError("k")`;
    expect(tracebackSummary(pool.join('\n'), own)).toBe(cause);
    const later = ['Traceback (most recent call last):', 'ValueError: another'];
    expect(tracebackSummary([...pool, ...later].join('\n'), own)).toBe('ValueError: another');
    const group = [
      '  + Exception Group Traceback (most recent call last):',
      '  |   File "train.py", line 8, in <module>',
      '  |     raise ExceptionGroup("many", found)',
      '  | ExceptionGroup: many (1 sub-exception)',
      '  +-+---------------- 1 ----------------',
      '    | TypeError: two',
      '    +------------------------------------',
    ];
    expect(tracebackSummary(group.join('\n'), own)).toBe(
      'ExceptionGroup: many (1 sub-exception) (train.py:8 in <module>)\n    raise ExceptionGroup("many", found)',
    );
  });
});
