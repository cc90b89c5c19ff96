import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MalformedMessage } from '../../src/protocol/message-line.ts';
import {
  MAX_NODE_CHARACTERS,
  encodeNodeMessage,
  nodeRange,
  nodeVersionGoodbye,
  parseFromNode,
  parseNodeResult,
  parseToNode,
} from '../../src/protocol/node-wire.ts';
import { size } from '../support/effort.ts';
import { fromNode, node, nodeResults, toNode } from '../support/node-message-examples.ts';

const MUTATED = size(1000, 10_000);

const every = [
  ...fromNode.map((message) => ({ parse: parseFromNode, others: [parseNodeResult], message })),
  ...nodeResults.map((message) => ({ parse: parseNodeResult, others: [parseToNode], message })),
  ...toNode.map((message) => ({ parse: parseToNode, others: [parseNodeResult], message })),
];

describe('Node protocol: messages', () => {
  it.each(every)('reads $message.type back from one line, unchanged', ({ parse, message }) => {
    const text = encodeNodeMessage(message);
    expect(text).not.toContain('\n');
    expect(parse(text)).toStrictEqual(message);
  });

  it.each(every)(
    'refuses $message.type with an unknown field and on another channel',
    ({ parse, others, message }) => {
      const text = encodeNodeMessage(message);
      expect(() => parse(JSON.stringify({ ...message, extra: 1 }))).toThrow(MalformedMessage);
      for (const other of others) expect(() => other(text)).toThrow(/type: expected one of/);
    },
  );

  it('names the field of a wrong value and repeats the value', () => {
    const text = encodeNodeMessage(node).replace('"boot":3', '"boot":0');
    expect(() => parseFromNode(text)).toThrow(/^node: boot: .*found 0$/);
  });

  it('refuses an order of code that names no program, or a field of one that is unknown', () => {
    const order = { content: 'ab'.repeat(32), tree: 'ab'.repeat(32), name: 'code of mine' };
    const parsed = (programs: unknown): unknown =>
      parseToNode(JSON.stringify({ type: 'fetch', fetch: [{ ...order, programs }] }));
    expect(parsed([{ command: 'sh', folder: '.' }])).toMatchObject({ type: 'fetch' });
    expect(() => parsed([])).toThrow(/fetch\.0\.programs: /);
    expect(() => parsed([{ command: '', folder: '.' }])).toThrow(/programs\.0\.command: /);
    expect(() => parsed([{ command: 'sh', folder: '.', shell: true }])).toThrow(/shell/);
  });

  it('refuses a message longer than the limit without parsing it', () => {
    const text = ' '.repeat(MAX_NODE_CHARACTERS + 1);
    expect(() => parseFromNode(text)).toThrow(/expected at most 1048576 characters/);
  });

  it('throws nothing but MalformedMessage for mutated messages', () => {
    const lines = every.map(({ parse, message }) => ({ parse, text: encodeNodeMessage(message) }));
    fc.assert(
      fc.property(
        fc.constantFrom(...lines),
        fc.nat(),
        fc.string({ maxLength: 4 }),
        ({ parse, text }, at, inserted) => {
          const cut = at % (text.length + 1);
          try {
            parse(text.slice(0, cut) + inserted + text.slice(cut + 1));
          } catch (error) {
            expect(error).toBeInstanceOf(MalformedMessage);
          }
        },
      ),
      { numRuns: MUTATED },
    );
  });
});

describe('Node protocol: versions', () => {
  it('reads the version range of a first message whose other fields are unknown', () => {
    const later = JSON.stringify({ type: 'node', v: { low: 2, high: 3 }, later: true });
    expect(nodeRange(later)).toStrictEqual({ low: 2, high: 3 });
    expect(nodeRange('{"type":"pulse"}')).toBeNull();
    expect(nodeRange('{')).toBeNull();
  });

  it('says which side to update when the ranges do not overlap', () => {
    expect(nodeVersionGoodbye('PIXEL', { low: 1, high: 1 })).toBeNull();
    expect(nodeVersionGoodbye('PIXEL', { low: 0, high: 0 })?.text).toBe(
      'PIXEL speaks protocol 0, this lab 1–4: update Galapagos on PIXEL',
    );
    expect(nodeVersionGoodbye('PIXEL', { low: 5, high: 6 })?.text).toBe(
      'PIXEL speaks protocol 5–6, this lab 1–4: update Galapagos on the host of this lab',
    );
  });
});
