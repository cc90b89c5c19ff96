/** Compares the queues of the scheduler with their plain definitions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FreeSlots, notFree } from '../../../src/core/scheduling/free-slots.ts';
import type { FreeSlot } from '../../../src/core/scheduling/free-slots.ts';
import { Heap } from '../../../src/core/scheduling/heap.ts';
import { LeaseList } from '../../../src/core/scheduling/lease-list.ts';
import { Median } from '../../../src/core/scheduling/median.ts';
import { WaitingQueue } from '../../../src/core/scheduling/waiting-queue.ts';
import { id, LabDriver } from '../../support/lab-driver.ts';

it('Heap: returns its elements in order, whatever the order of insertions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer())), (actions) => {
      const heap = new Heap<number>((a, b) => a < b);
      const plain: number[] = [];
      for (const x of actions) {
        if (x === null) expect(heap.pop()).toBe(plain.sort((a, b) => a - b).shift());
        else {
          heap.push(x);
          plain.push(x);
        }
        expect(heap.size).toBe(plain.length);
      }
    }),
  );
});

it('Median: is that of the latest 101 values', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1_000), { maxLength: 400 }), (numbers) => {
      const median = new Median();
      for (const x of numbers) median.add(x);
      const latest = numbers.slice(-101).sort((a, b) => a - b);
      expect(median.value).toBe(latest[latest.length >> 1] ?? 0);
      expect(median.count).toBe(numbers.length);
    }),
  );
});

it('Leases: are ordered by the time of the last message of their slots', () => {
  interface Slot {
    readonly name: number;
    readonly lease: { heardAt: number; older: Slot | null; newer: Slot | null };
  }
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5), fc.boolean())), (actions) => {
      const list = new LeaseList<Slot>();
      const slots = Array.from({ length: 6 }, (_, name): Slot => ({
        name,
        lease: { heardAt: 0, older: null, newer: null },
      }));
      let plain: number[] = [];
      actions.forEach(([name, renew], at) => {
        const slot = slots[name]!;
        plain = plain.filter((other) => other !== name);
        if (renew) {
          list.renew(slot, at);
          plain.push(name);
        } else list.remove(slot);
        const order: number[] = [];
        for (let next = list.oldest; next !== null; next = next.lease.newer) order.push(next.name);
        expect(order).toEqual(plain);
      });
    }),
  );
});

describe('Waiting queue', () => {
  it('returns the smallest number that fits, of any shape key or of one', () => {
    const action = fc.record({
      what: fc.constantFrom('add', 'remove', 'take', 'takeAlike'),
      number: fc.nat(19),
      odd: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const trials = Array.from({ length: 20 }, (_, number) => ({
          number,
          shapeKey: String(number % 3),
          queued: false,
        }));
        const queue = new WaitingQueue<(typeof trials)[number]>();
        const waiting = new Set<number>();
        for (const { what, number, odd } of actions) {
          const trial = trials[number]!;
          const fits = (other: { number: number }): boolean => other.number % 2 === Number(odd);
          if (what === 'add') {
            queue.add(trial);
            waiting.add(number);
          } else if (what === 'remove') {
            queue.remove(trial);
            waiting.delete(number);
          } else {
            const alike = (other: number): boolean => what === 'take' || other % 3 === number % 3;
            const expected = [...waiting]
              .sort((a, b) => a - b)
              .find((other) => other < 15 && fits({ number: other }) && alike(other));
            const found = what === 'take' ? queue.take(15, fits) : queue.takeAlike(trial, 15, fits);
            expect(found?.number).toBe(expected);
            if (expected !== undefined) waiting.delete(expected);
          }
          expect(queue.size).toBe(waiting.size);
          expect(queue.first ?? undefined).toBe([...waiting].sort((a, b) => a - b)[0]);
        }
      }),
    );
  });
});

/** A free slot that the test may change. */
type Changing = { -readonly [Key in keyof FreeSlot]: FreeSlot[Key] } & {
  cohorts: { length: number };
};

describe('Free slots', () => {
  it('are ordered by fewest cohorts, then by name, and counted in groups of equal lanes', () => {
    const change = fc.record({ slot: fc.nat(5), cohorts: fc.nat(2), ready: fc.boolean() });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 100 }), (changes) => {
        const free = new FreeSlots(2);
        const slots = Array.from({ length: 6 }, (_, i): Changing => ({
          name: `slot ${i}`,
          state: 'ready',
          session: 'some',
          withheld: false,
          credits: 2,
          model: '',
          lanes: i + 1,
          cohorts: { length: 0 },
          free: notFree(),
        }));
        for (const slot of slots) free.refresh(slot);
        for (const { slot: i, cohorts, ready } of changes) {
          const slot = slots[i]!;
          slot.cohorts.length = cohorts;
          slot.state = ready ? 'ready' : 'quarantined';
          free.refresh(slot);
          const able = slots.filter(
            ({ state, cohorts: { length } }) => state === 'ready' && length < 2,
          );
          const expected = able.sort(
            (a, b) => a.cohorts.length - b.cohorts.length || a.name.localeCompare(b.name),
          )[0];
          const taken = free.take();
          expect(taken?.name).toBe(expected?.name);
          if (taken !== null) free.putBack(taken);
          const usable = slots.filter(({ state }) => state === 'ready');
          expect(free.usable).toBe(usable.length);
          for (const sent of [0, 1]) {
            const counted = [...free.groups].map(({ lanes, counts }) => [lanes, counts[sent]]);
            expect(counted).toEqual(
              [...free.groups].map(({ lanes }) => [
                lanes,
                able.filter((one) => one.lanes === lanes && one.cohorts.length === sent).length,
              ]),
            );
          }
          expect([...free.groups].flatMap((group) => [...group.slots])).toHaveLength(usable.length);
        }
      }),
    );
  });
});

it('Scheduler: an ended trial leaves no object behind', () => {
  const driver = new LabDriver();
  driver.open();
  driver.create();
  driver.hello('far/cpu/0');
  for (let number = 0; number < 2_000; number++) driver.result(id(number));
  const { open, columns } = driver.study();
  expect(columns.ended).toBe(2_000);
  expect(open.size).toBe(2);
});
