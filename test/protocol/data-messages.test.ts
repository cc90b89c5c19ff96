import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_BYTES, parseDataAnswer, parseDataRequest } from '../../src/protocol/data-messages.ts';
import { MalformedMessage } from '../../src/protocol/message-line.ts';
import { framesOf, readRequest } from '../../src/transport/nodes/data-channel.ts';
import { size } from '../support/effort.ts';

const MUTATED = size(1000, 10_000);
const tree = 'ab'.repeat(32);
const body = Uint8Array.of(1, 2, 3);

const requests = [
  { type: 'manifest', no: 1, tree, part: 0 },
  { type: 'chunk', no: 2, tree, index: 7 },
  { type: 'any', no: 3, tree },
  { type: 'have', no: 4, tree },
] as const;
const answers = [
  { type: 'manifest', no: 1, of: 100 },
  { type: 'chunk', no: 2, index: 7 },
  { type: 'have', no: 3 },
  { type: 'none', no: 4 },
  { type: 'busy', no: 5 },
] as const;

describe('Data protocol: messages', () => {
  it.each(requests)('reads the request $type back from two frames', (head) => {
    const [line, bytes] = framesOf({ head, body });
    expect(readRequest([Buffer.from(line), bytes])).toEqual({ head, body });
  });

  it.each(answers)('reads the answer $type, and refuses an unknown field of it', (head) => {
    expect(parseDataAnswer(JSON.stringify(head), body)).toEqual({ head, body });
    expect(() => parseDataAnswer(JSON.stringify({ ...head, extra: 1 }), body)).toThrow(
      MalformedMessage,
    );
  });

  it('refuses another number of frames, and a line that is too long, unparsed', () => {
    expect(() => readRequest([Buffer.from('{}')])).toThrow('expected 2 frames, found 1');
    expect(() => readRequest([body, body, body])).toThrow('expected 2 frames, found 3');
    expect(() => parseDataRequest(' '.repeat(513), body)).toThrow('at most 512 characters');
  });

  it('throws nothing but MalformedMessage for mutated messages', () => {
    const lines = [
      ...requests.map((head) => ({ parse: parseDataRequest, text: JSON.stringify(head) })),
      ...answers.map((head) => ({ parse: parseDataAnswer, text: JSON.stringify(head) })),
    ];
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.nat(),
        fc.string({ maxLength: 4 }),
        ({ parse, text }, at, inserted) => {
          const cut = at % (text.length + 1);
          try {
            parse(text.slice(0, cut) + inserted + text.slice(cut + 1), NO_BYTES);
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage);
          }
        },
      ),
      { numRuns: MUTATED },
    );
  });
});
