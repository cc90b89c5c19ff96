import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../src/protocol/message-line.ts';
import { chosenVersion, versionGoodbye } from '../../src/protocol/worker-messages.ts';
import {
  encodeMessage,
  helloRange,
  namedParams,
  parseFromWorker,
  parseResult,
  parseTask,
  parseToWorker,
  wireParameters,
} from '../../src/protocol/worker-wire.ts';
import { size } from '../support/effort.ts';
import {
  cohort,
  control,
  hello,
  orders,
  output,
  report,
  result,
  study,
  tasks,
} from '../support/worker-message-examples.ts';

const MUTATED = size(3000, 10_000);

const channels = [
  { channel: 'control up', parse: parseFromWorker, messages: control },
  { channel: 'results', parse: parseResult, messages: [result, report, output] },
  { channel: 'control down', parse: parseToWorker, messages: orders },
  { channel: 'tasks', parse: parseTask, messages: tasks },
] as const;

const every = channels.flatMap(({ channel, parse, messages }) =>
  messages.map((message) => ({ channel, parse: parse, message })),
);

describe('Worker protocol: messages', () => {
  it.each(every)(
    '$message.type is read back from its text unchanged, on one line',
    ({ parse, message }) => {
      const text = encodeMessage(message);
      expect(text).not.toContain('\n');
      expect(parse(text)).toStrictEqual(message);
    },
  );

  it.each(every)(
    '$message.type is refused with an unknown field, without its type, and on another channel',
    ({ parse, message }) => {
      const json = JSON.parse(encodeMessage(message)) as object;
      expect(() => parse(JSON.stringify({ ...json, extra: 1 }))).toThrow(MalformedMessage);
      expect(() => parse(JSON.stringify({ ...json, type: undefined }))).toThrow(
        /type: expected one of/,
      );
      for (const other of channels.filter((each) => each.parse !== parse))
        expect(() => other.parse(JSON.stringify(json))).toThrow(/type: expected/);
    },
  );
});

describe('Worker protocol: refusals', () => {
  it.each([
    ['not JSON', '{', /^not JSON/],
    ['another JSON value', '[]', /expected an object, found \[\]/],
    [
      'a wrong field',
      encodeMessage(hello).replace('"lanes":1', '"lanes":0'),
      /^hello: lanes: .*found 0$/,
    ],
    [
      'a wrong field below',
      encodeMessage(hello).replace('"number":17', '"number":1.5'),
      /^hello: holding\.0\.number: .*found 1\.5$/,
    ],
  ])('of %s name the field and repeat the found value', (_, text, message) => {
    expect(() => parseFromWorker(text)).toThrow(message);
  });

  it('name the sender if the message does', () => {
    const text = encodeMessage(result).replace('"succeeded"', '"splendid"');
    expect(() => parseResult(text)).toThrow(
      expect.objectContaining({
        data: expect.objectContaining({ slot: 'local/cpu/0', incarnation: '3.1' }) as object,
      }) as Error,
    );
  });
});

describe('Worker protocol: results', () => {
  const of = (fields: object) => JSON.stringify({ ...result, result: { ms: 1, ...fields } });
  it.each([
    ['a success without a value', { outcome: 'succeeded' }],
    ['a success whose value is not finite', { outcome: 'succeeded', value: NaN }],
    ['a value without success', { outcome: 'diverged', value: 1 }],
    ['a pruned attempt whose value is not finite', { outcome: 'pruned', value: NaN }],
    ['a crash without its error', { outcome: 'crashed' }],
    ['a negative duration', { outcome: 'diverged', ms: -1 }],
  ])('are refused: %s', (_, fields) => {
    expect(() => parseResult(of(fields))).toThrow(MalformedMessage);
  });

  it.each([
    { outcome: 'pruned' },
    { outcome: 'pruned', value: -0.5, reports: [{ step: 1, value: 2 }] },
  ])('are read back as sent when pruned, with or without a value: %o', (fields) => {
    const said = { ...result, result: { ms: 1, ...fields } } as typeof result;
    expect(parseResult(encodeMessage(said))).toEqual(said);
  });

  it('are refused where a number overflows to infinity', () => {
    expect(() => parseResult(encodeMessage(result).replace('0.9312', '1e999'))).toThrow(
      MalformedMessage,
    );
  });
});

describe('Worker protocol: reports', () => {
  it.each([
    ['a value that is not finite', { step: 0, value: NaN }],
    ['a negative step', { step: -1, value: 1 }],
    ['a metric that is a text', { step: 0, value: 1, metrics: { loss: 'low' } }],
  ])('are refused: %s', (_, fields) => {
    expect(() => parseResult(JSON.stringify({ ...report, report: fields }))).toThrow(
      MalformedMessage,
    );
  });
});

describe('Worker protocol: parameters', () => {
  it('keep every bit of a finite number, and NaN as inactive', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noDefaultInfinity: true }), { minLength: 1 }), (values) => {
        const params = Float64Array.from(values, (value) => (value === 0 ? 0 : value));
        const back = parseTask(
          encodeMessage({
            ...cohort,
            lanes: [{ attempt: { study: 's', number: 0, attemptNumber: 1 }, params }],
          }),
        );
        expect(back.type === 'cohort' && back.lanes[0]?.params).toStrictEqual(params);
      }),
    );
  });

  it('are named by the study message: choices by index, inactive ones absent', () => {
    const parameters = wireParameters({
      rate: { type: 'float', low: 0, high: 1 },
      activation: { type: 'categorical', choices: ['relu', null] },
      momentum: { type: 'float', low: 0, high: 1, when: { activation: ['relu'] } },
    });
    expect(namedParams(parameters, Float64Array.of(0.5, 1, NaN))).toStrictEqual({
      rate: 0.5,
      activation: null,
    });
    expect(namedParams(parameters, Float64Array.of(0.5, 0, 0.25))).toStrictEqual({
      rate: 0.5,
      activation: 'relu',
      momentum: 0.25,
    });
    expect(parseTask(encodeMessage({ ...study, parameters }))).toMatchObject({ parameters });
  });
});

describe('Worker protocol: version', () => {
  it.each([
    [{ low: 1, high: 1 }, { low: 1, high: 1 }, 1],
    [{ low: 1, high: 4 }, { low: 2, high: 3 }, 3],
    [{ low: 2, high: 2 }, { low: 1, high: 1 }, null],
    [{ low: 1, high: 1 }, { low: 2, high: 5 }, null],
  ])('chosen of %j and %j is %j', (theirs, ours, chosen) => {
    expect(chosenVersion(theirs, ours)).toBe(chosen);
  });

  it('of a hello can be read whatever else the hello contains', () => {
    expect(
      helloRange(JSON.stringify({ type: 'hello', v: { low: 8, high: 9 }, novelty: [] })),
    ).toStrictEqual({ low: 8, high: 9 });
    expect(helloRange('{"type":"hello","v":3}')).toBeNull();
    expect(helloRange('{')).toBeNull();
  });

  it('outside the supported range is answered with both ranges', () => {
    expect(versionGoodbye({ low: 8, high: 9 }, { low: 1, high: 1 })).toMatchObject({
      reason: 'version',
      text: expect.stringMatching(/version 1\b.*versions 8 to 9/) as string,
    });
  });
});

describe(`Worker protocol: ${MUTATED} mutated messages`, () => {
  const texts = every.map(({ message }) => encodeMessage(message));
  const junk = fc.oneof(
    fc.jsonValue().map((value) => JSON.stringify(value)),
    fc.constantFrom(
      '"',
      '}',
      ']',
      ',',
      'null',
      '-0',
      '1e999',
      '9007199254740993',
      '"__proto__":',
      '\\u0000',
      '\u{1f98e}',
      '[[[[[[[[',
    ),
    fc.string({ unit: 'binary', maxLength: 20 }),
  );
  const edit = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(40), junk });
  const mutated = fc
    .record({
      text: fc.constantFrom(...texts),
      edits: fc.array(edit, { minLength: 1, maxLength: 3 }),
    })
    .map(({ text, edits }) =>
      edits.reduce((now, each) => {
        const from = Math.floor(each.at * now.length);
        return now.slice(0, from) + each.junk + now.slice(from + each.cut);
      }, text),
    );

  it('are each accepted or refused with a sentence', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        for (const { parse } of channels) {
          try {
            expect(parse(text)).toHaveProperty('type');
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage);
            expect((error as Error).message.length).toBeGreaterThan(10);
            expect((error as Error).message.length).toBeLessThan(2000);
          }
        }
      }),
      { numRuns: MUTATED },
    );
  });

  it('are refused with unbounded nesting', () => {
    expect(() => parseFromWorker('['.repeat(1_000_000))).toThrow(MalformedMessage);
    expect(() => parseTask(`{"type":"study","objective":${'{"kind":'.repeat(200_000)}`)).toThrow(
      MalformedMessage,
    );
  });
});
