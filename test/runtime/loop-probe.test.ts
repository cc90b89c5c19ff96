import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LoopProbe } from '../../src/runtime/loop-probe.ts';
import type { LoopReport } from '../../src/runtime/loop-probe.ts';
import { built, start } from '../support/built-command.ts';
import { ManualTimer } from '../support/manual-timer.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

let folder: TemporaryFolder;
beforeEach(() => void (folder = temporaryFolder()));
afterEach(() => folder.remove());

/**
 * A clock of which the test sets how late each turn starts, and how much of the delay was waiting
 * for a core.
 */
function probed(waiting: 'known' | 'unknown') {
  const timer = new ManualTimer();
  let late = 0;
  let waited = 0;
  const probe = new LoopProbe({
    timer: { now: () => timer.now() + late, after: (ms, callback) => timer.after(ms, callback) },
    wallClock: () => 1_700_000_000_000 + timer.now() + late,
    scheduled: () => (waiting === 'known' ? { ranMs: late - waited, waitedMs: waited } : null),
  });
  const turn = (lateMs: number, waitedMs = 0): void => {
    late += lateMs;
    waited += waitedMs;
    timer.advance(1);
  };
  return { probe, turn, timer };
}

it('Loop probe: counts the delay beyond a millisecond, and does not count waiting for a core as blocking', () => {
  const { probe, turn } = probed('known');
  for (let i = 0; i < 98; i++) turn(0);
  turn(30, 25);
  turn(12);
  expect(probe.report()).toStrictEqual({
    seconds: expect.closeTo(0.142) as number,
    turns: 100,
    lateMs: { p50: 0.1, p99: expect.closeTo(12.1) as number, max: 30 },
    blockedMs: { p50: 0.1, p99: expect.closeTo(5.1) as number, max: 12 },
    long: [
      { at: 1_700_000_000_129, lateMs: 30, waitedMs: 25, ranMs: 5 },
      { at: 1_700_000_000_142, lateMs: 12, waitedMs: 0, ranMs: 12 },
    ],
  });
});

it('Loop probe: reports blocking as unknown, not zero, where the system does not count waiting', () => {
  const { probe, turn } = probed('unknown');
  turn(7);
  const { blockedMs, long } = probe.report();
  expect(blockedMs).toBeNull();
  expect(long).toMatchObject([{ lateMs: 7, waitedMs: null, ranMs: null }]);
});

it('Loop probe: counts delays below 5 ms without listing them', () => {
  const { probe, turn } = probed('known');
  turn(4.9);
  expect(probe.report()).toMatchObject({ turns: 1, lateMs: { max: 4.9 }, long: [] });
});

it('Loop probe: leaves no timer when it is stopped', () => {
  const { probe, timer } = probed('known');
  probe.stop();
  expect(timer.pending).toBe(0);
});

it('Loop probe: GALAPAGOS_LOOP_PROBE makes a command write its report at its end without keeping it alive', async () => {
  await built();
  const file = folder.file('loop.json');
  const { code } = await start(['doctor'], folder.path, undefined, { GALAPAGOS_LOOP_PROBE: file })
    .ended;
  expect(code).toBe(0);
  const { turns, seconds, lateMs } = JSON.parse(readFileSync(file, 'utf8')) as LoopReport;
  expect(turns).toBeGreaterThan(0);
  expect(seconds).toBeGreaterThan(0);
  expect(lateMs.max).toBeGreaterThanOrEqual(lateMs.p50);
});
