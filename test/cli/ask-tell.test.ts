import { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { samplerNames } from '../../src/core/samplers/create-sampler.ts';
import { trainsInParts } from '../../src/core/samplers/in-parts.ts';
import { askTellAnswer, LONGEST_LINE } from '../../src/protocol/ask-tell.ts';
import { linesOf } from '../../src/cli/ask-tell/lines-of.ts';
import { serveAskTell } from '../../src/cli/ask-tell/serve.ts';
import { AskTellSession } from '../../src/cli/ask-tell/session.ts';
import { size } from '../support/effort.ts';

const space = {
  learningRate: { type: 'float', low: 1e-4, high: 1, log: true },
  units: { type: 'int', low: 16, high: 512, step: 16 },
  optimizer: { type: 'categorical', choices: ['sgd', 'adam'] },
  momentum: { type: 'float', low: 0, high: 0.99, when: { optimizer: ['sgd'] } },
};
const gridSpace = {
  a: { type: 'int', low: 0, high: 2 },
  b: { type: 'categorical', choices: ['x', 'y'] },
};

interface Answer {
  ok: boolean;
  trial?: number;
  value?: number;
  params?: Record<string, unknown>;
  error?: { code: string; field: string; message: string; others?: { field: string }[] };
}

/** Sends requests, checks that every answer keeps the published schema, and returns them. */
function talk(...requests: unknown[]): Answer[] {
  const session = new AskTellSession();
  return requests.map((request) => say(session, request));
}

function say(session: AskTellSession, request: unknown): Answer {
  const answer = session.answer(typeof request === 'string' ? request : JSON.stringify(request));
  expect(askTellAnswer.safeParse(answer).error).toBeUndefined();
  return answer;
}

const create = {
  op: 'create',
  searchSpace: space,
  direction: 'minimize',
  sampler: { name: 'evolution' },
  seed: 7,
};

test('Ask-tell: answers create, ask, tell and best', () => {
  const [created, asked, told, best] = talk(
    create,
    { op: 'ask' },
    { op: 'tell', trial: 0, value: 0.31 },
    { op: 'best' },
  );
  expect(created).toEqual({ ok: true });
  expect(asked).toMatchObject({ ok: true, trial: 0 });
  expect(Object.keys(asked!.params!)).toEqual(
    expect.arrayContaining(['learningRate', 'units', 'optimizer']),
  );
  expect(told).toEqual({ ok: true });
  expect(best).toEqual({ ok: true, trial: 0, value: 0.31, params: asked!.params });
});

describe('Ask-tell: answers errors with code, field and message, and continues the session', () => {
  test.each([
    [
      'not JSON',
      '{"op":"ask"',
      'syntax',
      '',
      'line 1, column 12: expected "," or "}", found the end of the text',
    ],
    [
      'NaN',
      '{"op":"tell","trial":0,"value":NaN}',
      'syntax',
      '',
      'line 1, column 32: expected a value, found "NaN" (JSON has no NaN and no Infinity)',
    ],
    [
      'infinity',
      '{"op":"tell","trial":0,"value":1e999}',
      'wrong-type',
      'value',
      'expected a finite number, or "state": "failed" in its place, found Infinity',
    ],
    ['a list', [], 'wrong-type', '', 'expected an object {…}, found an empty list'],
    ['null', null, 'wrong-type', '', 'expected an object {…}, found null'],
    [
      'no op',
      {},
      'missing-field',
      'op',
      'expected one of "create", "ask", "tell", "best", "edit", found nothing',
    ],
    [
      'an unknown op',
      { op: 'aks' },
      'out-of-range',
      'op',
      'expected one of "create", "ask", "tell", "best", "edit", found "aks" (did you mean ask?)',
    ],
    ['an unknown field', { op: 'ask', n: 3 }, 'unknown-field', 'n', 'expected one of op, found n'],
    [
      'an unknown trial',
      { op: 'tell', trial: 9, value: 1 },
      'unknown-trial',
      'trial',
      'expected a trial that was asked for (none was asked for), found 9',
    ],
    [
      'neither value nor state',
      { op: 'tell', trial: 0 },
      'missing-field',
      'value',
      'expected either a value or "state": "failed", found nothing',
    ],
    [
      'both value and state',
      { op: 'tell', trial: 0, value: 1, state: 'failed' },
      'out-of-range',
      'value',
      'expected either a value or "state": "failed", found 1',
    ],
    [
      'another state',
      { op: 'tell', trial: 0, state: 'lost' },
      'out-of-range',
      'state',
      'expected "failed", found "lost"',
    ],
    [
      'a negative trial',
      { op: 'tell', trial: -1, value: 1 },
      'out-of-range',
      'trial',
      'expected an integer ≥ 0, found -1',
    ],
    ['best before any value', { op: 'best' }, 'no-value', '', 'no trial has a value yet'],
  ])('%s', (_, request, code, field, message) => {
    const [, refused, asked] = talk(create, request, { op: 'ask' });
    expect(refused).toEqual({ ok: false, error: { code, field, message } });
    expect(asked).toMatchObject({ ok: true, trial: 0 });
  });

  test('asking before creating', () => {
    expect(talk({ op: 'ask' })[0]).toEqual({
      ok: false,
      error: { code: 'no-study', field: 'op', message: 'expected "create" first, found "ask"' },
    });
  });

  test('telling twice, whether a value or a failure', () => {
    const answers = talk(
      create,
      { op: 'ask' },
      { op: 'tell', trial: 0, state: 'failed' },
      { op: 'tell', trial: 0, value: 2 },
      { op: 'best' },
    );
    expect(answers.map(({ error }) => error?.code)).toEqual([
      undefined,
      undefined,
      undefined,
      'already-told',
      'no-value',
    ]);
  });

  test('a search space with several mistakes: the first, and the others beside it', () => {
    const searchSpace = {
      units: { type: 'int', low: 16, high: 8, step: 0.5 },
      y: { type: 'float', low: 0, high: 1, log: true },
    };
    const [answer] = talk({ ...create, searchSpace });
    expect([answer!.error, ...answer!.error!.others!].map((each) => each!.field)).toEqual([
      'searchSpace.units.step',
      'searchSpace.units.low',
      'searchSpace.y.low',
    ]);
  });

  test('keeps the previous study after a failed create', () => {
    const answers = talk(create, { op: 'ask' }, { ...create, seed: -1 }, { op: 'ask' });
    expect(answers.map(({ trial }) => trial)).toEqual([undefined, 0, undefined, 1]);
  });

  test('starts again with a later create', () => {
    expect(talk(create, { op: 'ask' }, create, { op: 'ask' })[3]!.trial).toBe(0);
  });
});

describe('Ask-tell: samplers whose trials are parts of trainings', () => {
  test('are refused, with what to use instead', () => {
    const [answer] = talk({ op: 'create', searchSpace: gridSpace, sampler: { name: 'pbt' } });
    expect(answer).toMatchObject({ ok: false, error: { field: 'sampler.name' } });
    expect(answer!.error!.message).toContain('galapagos run');
  });
});

const whole = samplerNames.filter(({ name }) => !trainsInParts({ name }));

describe.each(whole.map(({ name }) => name))('Ask-tell: the sampler %s', (name) => {
  const start = { op: 'create', searchSpace: gridSpace, sampler: { name }, seed: 3 };

  test('accepts several asks before tells, in any order, until the space is exhausted', () => {
    const session = new AskTellSession();
    say(session, start);
    const seen = new Set<string>();
    const open: number[] = [];
    let last: Answer | null = null;
    for (let i = 0; i < 40; i++) {
      const answer = say(session, { op: 'ask' });
      if (answer.ok) {
        open.push(answer.trial!);
        seen.add(JSON.stringify(answer.params));
        if (open.length < 4) continue;
      } else if (answer.error!.code !== 'not-yet') {
        last = answer;
        break;
      }
      expect(say(session, { op: 'tell', trial: open.pop()!, value: i }).ok).toBe(true);
    }
    expect(last!.error!.code).toBe('exhausted');
    expect(seen.size).toBe(6);
  });

  test('gives the same answers for the same seed', () => {
    const requests = [
      start,
      ...[0, 1, 2, 3].flatMap((trial) => [{ op: 'ask' }, { op: 'tell', trial, value: trial % 3 }]),
    ];
    expect(talk(...requests)).toEqual(talk(...requests));
    const other = talk(
      {
        ...start,
        searchSpace: space,
        sampler: name === 'grid' ? { name, divisions: 3 } : { name },
        seed: 4,
      },
      { op: 'ask' },
    );
    expect(other[1]!.ok).toBe(true);
  });
});

test('Ask-tell: names the trial that synchronous evolution waits for', () => {
  const answers = talk(
    { ...create, sampler: { name: 'generational' } },
    ...Array.from({ length: 5 }, () => ({ op: 'ask' })),
  );
  expect(answers[5]).toEqual({
    ok: false,
    error: {
      code: 'not-yet',
      field: '',
      message: 'trial 4 of generational needs the values of trials 0 … 3: report trial 0 first',
    },
  });
});

test('Ask-tell: best follows the direction; ties go to the smaller number, in any order of tells', () => {
  const session = new AskTellSession();
  say(session, { ...create, direction: 'maximize' });
  for (let i = 0; i < 5; i++) say(session, { op: 'ask' });
  const values = [2, 5, -1, 5, 5];
  for (const trial of [3, 1, 4, 0, 2]) say(session, { op: 'tell', trial, value: values[trial] });
  expect(say(session, { op: 'best' })).toMatchObject({ trial: 1, value: 5 });
});

test('Ask-tell: answers line by line, skips blank lines, bounds huge ones, and accepts a last line without its end', async () => {
  const input = [
    '\n',
    JSON.stringify(create),
    '\r\n  \n',
    `{"x":"${'y'.repeat(LONGEST_LINE)}"}\n`,
    '{"op":"ask"}\n{"op"',
    ':"best"}',
  ];
  const chunks: string[] = [];
  const output = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _, done) => {
      chunks.push(chunk.toString());
      setImmediate(done);
    },
  });
  await serveAskTell(Readable.from(input.map((text) => Buffer.from(text))), output);
  const answers = chunks
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer);
  expect(answers.map(({ ok, error }) => error?.code ?? ok)).toEqual([
    true,
    'line-too-long',
    true,
    'no-value',
  ]);
});

test('Ask-tell: reads the same lines however the bytes are split', async () => {
  const collect = async (chunks: Buffer[]): Promise<unknown[]> => {
    const lines: unknown[] = [];
    for await (const line of linesOf(Readable.from(chunks), 12)) lines.push(line);
    return lines;
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('ä', '\n', '\r\n', 'long', '😀')),
      fc.array(fc.nat(40)),
      async (words, cuts) => {
        const bytes = Buffer.from(words.join(''));
        const places = [...new Set(cuts.map((cut) => Math.min(cut, bytes.length)))].sort(
          (a, b) => a - b,
        );
        const pieces = [0, ...places]
          .map((from, i) => bytes.subarray(from, [...places, bytes.length][i]))
          .filter((piece) => piece.length > 0);
        expect(await collect(pieces)).toEqual(await collect(bytes.length === 0 ? [] : [bytes]));
      },
    ),
  );
});

test('Ask-tell: accepts a line that ends within a character', async () => {
  const lines: unknown[] = [];
  for await (const line of linesOf(Readable.from([Buffer.from([0xc3])]), 12)) lines.push(line);
  expect(lines).toEqual([{ text: '\uFFFD' }]);
});

test('Ask-tell: no line ends a session', () => {
  const session = new AskTellSession();
  const piece = fc.oneof(
    fc.constantFrom(create, { op: 'ask' }, { op: 'best' }, { op: 'tell', trial: 0, value: 1 }),
    fc.record(
      {
        op: fc.constantFrom('create', 'ask', 'tell', 'best'),
        trial: fc.jsonValue(),
        value: fc.jsonValue(),
        searchSpace: fc.jsonValue(),
        sampler: fc.jsonValue(),
      },
      { requiredKeys: ['op'] },
    ),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        piece.map((value) => JSON.stringify(value)),
        fc.string(),
      ),
      (line) => {
        const answer = say(session, line);
        expect(answer.error?.code).not.toBe('internal');
      },
    ),
    { numRuns: size(3000, 10_000) },
  );
});
