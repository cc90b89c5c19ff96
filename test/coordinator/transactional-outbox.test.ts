/** Tests write-ahead order: every message leaves after the commit of the decisions before it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TransactionalOutbox } from '../../src/coordinator/transactional-outbox.ts';
import type { Instruction, Write } from '../../src/core/scheduling/index.ts';

const write: Write = { op: 'activeMs', uid: 'study', activeMs: 1 };
const show = (n: number): Instruction => ({ do: 'finishStudy', study: String(n), reason: '' });
const persist: Instruction = { do: 'persist', writes: [write] };
const wake: Instruction = { do: 'wakeAt', at: 1 };

function recording(): { outbox: TransactionalOutbox; left: Instruction[] } {
  const left: Instruction[] = [];
  const outbox = new TransactionalOutbox((instruction) => {
    left.push(instruction);
    return undefined;
  });
  return { outbox, left };
}

describe('Coordinator: outbox', () => {
  it('keeps externally visible instructions until the commit, and lets others pass', () => {
    const { outbox, left } = recording();
    outbox.add([persist, show(1), wake]);
    outbox.release();
    expect(left).toEqual([wake]);
    outbox.committed();
    outbox.release();
    expect(left).toEqual([wake, show(1)]);
  });

  it('holds back a step without writes behind an earlier step that has some', () => {
    const { outbox, left } = recording();
    outbox.add([persist]);
    outbox.add([show(2)]);
    outbox.release();
    expect(left).toEqual([]);
  });

  it('does not let a promise be overtaken', async () => {
    const left: number[] = [];
    let open = (): void => undefined;
    const outbox = new TransactionalOutbox((instruction) => {
      const n = instruction.do === 'finishStudy' ? Number(instruction.study) : 0;
      left.push(n);
      return n === 1 ? new Promise((resolve) => (open = resolve)) : undefined;
    });
    outbox.add([show(1), show(2)]);
    outbox.committed();
    outbox.release();
    outbox.add([show(3)]);
    outbox.committed();
    outbox.release();
    expect(left).toEqual([1]);
    open();
    await new Promise((resolve) => setImmediate(resolve));
    expect(left).toEqual([1, 2, 3]);
  });

  it('withdraws only selected instructions, and only from the steps just committed', () => {
    const { outbox, left } = recording();
    outbox.add([persist, show(1), show(2)]);
    outbox.committed(
      (instruction) => instruction.do === 'finishStudy' && instruction.study === '1',
    );
    outbox.release();
    expect(left).toEqual([show(2)]);
  });

  it('releases in the order of adding, never beyond the last commit, for any interleaving', () => {
    const action = fc.oneof(
      fc.constant('step' as const),
      fc.constant('stepWithWrite' as const),
      fc.constant('commit' as const),
      fc.constant('release' as const),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { outbox, left } = recording();
        let added = 0;
        let durable = 0;
        for (const what of actions) {
          if (what === 'step') outbox.add([show(added++)]);
          else if (what === 'stepWithWrite') outbox.add([persist, show(added++)]);
          else if (what === 'release') outbox.release();
          else {
            outbox.committed();
            durable = added;
          }
          expect(left.length).toBeLessThanOrEqual(durable);
          expect(left).toEqual(left.map((_, n) => show(n)));
        }
      }),
    );
  });
});
