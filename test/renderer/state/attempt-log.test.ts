import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptRow } from '../../../src/protocol/window/lab-stream.ts';
import { AttemptLog, laneKey } from '../../../src/renderer/state/attempt-log.ts';

const NOW = 1000;
const rows = fc.array(
  fc.record({
    id: fc.integer({ min: 0, max: 30 }),
    study: fc.constantFrom('a', 'b'),
    slot: fc.constantFrom('x', 'y'),
    lane: fc.nat(1),
    took: fc.option(fc.nat(50)),
  }),
);

function attempt({
  id,
  study,
  slot,
  lane,
  took,
}: {
  id: number;
  study: string;
  slot: string;
  lane: number;
  took: number | null;
}): AttemptRow {
  // Place and start of an attempt never change.
  return {
    id: `${study}/${slot}/${lane}/${id}`,
    study,
    trial: id,
    attemptNumber: 1,
    slot,
    lane,
    from: 10 * id,
    to: took === null ? null : 10 * id + took,
    outcome: null,
    value: null,
  };
}

describe('State: attempt log', () => {
  it('gives the same answers as a scan of all attempts, in whatever order they arrive', () => {
    const sequences = fc.array(fc.tuple(fc.constantFrom('merge', 'remember', 'restart'), rows), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(sequences, (calls) => {
        const log = new AttemptLog(10_000);
        const model = new Map<string, AttemptRow>();
        for (const [call, some] of calls) {
          const laid = some.map(attempt);
          if (call === 'restart') {
            log.restart();
            for (const [id, { to }] of model) if (to === null) model.delete(id);
          } else {
            log[call](laid);
            for (const row of laid)
              if (call === 'merge' || !model.has(row.id)) model.set(row.id, row);
          }
          const all = [...model.values()];
          expect(new Set(log.values())).toEqual(new Set(all));
          expect(new Set(log.running.values())).toEqual(
            new Set(all.filter(({ to }) => to === null)),
          );
          for (const [key, lane] of log.lanes) {
            expect(new Set(lane)).toEqual(
              new Set(all.filter((row) => laneKey(row.slot, row.lane) === key)),
            );
            expect(lane.map(({ from }) => from)).toEqual(
              lane.map(({ from }) => from).toSorted((a, b) => a - b),
            );
          }
          expect([...log.lanes.values()].flat()).toHaveLength(all.length);
          for (const study of ['a', 'b', null]) {
            const own = all.filter((row) => study === null || row.study === study);
            expect(log.first(study)).toBe(Math.min(...own.map(({ from }) => from), Infinity));
            if (own.some(({ to }) => to === null)) expect(log.last(study, NOW)).toBe(NOW);
          }
        }
      }),
    );
  });

  it('knows when the last attempt of a study ended', () => {
    const log = new AttemptLog(10);
    log.merge(
      [1, 2, 3].map((id) =>
        attempt({ id, study: id === 3 ? 'b' : 'a', slot: 'x', lane: 0, took: 5 }),
      ),
    );
    expect([
      log.last('a', NOW),
      log.last('b', NOW),
      log.last(null, NOW),
      log.last('c', NOW),
    ]).toEqual([25, 35, 35, -Infinity]);
  });

  it('drops the oldest finished attempts beyond its limit, and keeps running ones', () => {
    const log = new AttemptLog(3);
    log.merge(
      [1, 2, 3, 4, 5].map((id) =>
        attempt({ id, study: 'a', slot: id === 1 ? 'y' : 'x', lane: 0, took: id === 1 ? null : 5 }),
      ),
    );
    expect([...log.values()].map(({ trial }) => trial)).toEqual([1, 4, 5]);
    expect(log.first('a')).toBe(10);
    expect(log.ofSlot('x').map(({ trial }) => trial)).toEqual([4, 5]);
  });
});
