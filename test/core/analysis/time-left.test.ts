/**
 * Compares estimates with simulated studies that run on their own clock.
 */
import { describe, expect, it } from 'vitest';
import { trialsPerMinute } from '../../../src/core/analysis/rate.ts';
import { Survival } from '../../../src/core/analysis/survival.ts';
import { timeLeft } from '../../../src/core/analysis/time-left.ts';
import type { TimeLeft, Workload } from '../../../src/core/analysis/time-left.ts';
import { exp } from '../../../src/core/elementary.ts';
import { PURPOSE, Stream } from '../../../src/core/random.ts';

interface Plan {
  readonly trials: number;
  readonly lanes: readonly { readonly kind: string; readonly median: number }[];
  /** Standard deviation of ln(duration). */
  readonly sigma: number;
  readonly generation?: number;
}

/** Simulates a study: start, end and lane of each trial. */
function play({ trials, lanes, sigma, generation }: Plan, seed: number) {
  const draws = new Stream(seed, { purpose: PURPOSE.simulation, ordinal: 77 });
  const freeAt = lanes.map(() => 0);
  const runs: { lane: number; from: number; to: number }[] = [];
  let barrier = 0;
  for (let i = 0; i < trials; i++) {
    if (generation !== undefined && i % generation === 0) barrier = Math.max(0, ...freeAt);
    const lane = freeAt.indexOf(Math.min(...freeAt));
    const from = Math.max(barrier, freeAt[lane]!);
    const to = from + lanes[lane]!.median * exp(sigma * draws.normal());
    runs.push({ lane, from, to });
    freeAt[lane] = to;
  }
  return { runs, end: Math.max(...freeAt) };
}

/** The information that is available at a time. */
function workloadAt(
  { trials, lanes, generation }: Plan,
  runs: ReturnType<typeof play>['runs'],
  now: number,
): Workload {
  const begun = runs.filter(({ from }) => from <= now);
  const ended = begun.filter(({ to }) => to <= now).sort((a, b) => a.to - b.to);
  return {
    unstarted: trials - begun.length,
    lanes: lanes.map(({ kind }, i) => {
      const running = begun.find(({ lane, to }) => lane === i && to > now);
      return { kind, elapsedMs: running === undefined ? null : now - running.from };
    }),
    durations: ended.map(({ lane, from, to }) => ({ kind: lanes[lane]!.kind, ms: to - from })),
    generation:
      generation === undefined
        ? null
        : { size: generation, unstarted: (generation - (begun.length % generation)) % generation },
    limitMs: null,
    target: false,
  };
}

function range(left: TimeLeft): { lowMs: number; highMs: number } {
  if (!left.known) throw new Error(left.reason);
  return left;
}

const lanes = (count: number, kind: string, median: number) =>
  Array.from({ length: count }, () => ({ kind, median }));

describe('Remaining time: coverage of the interval', () => {
  it.each<readonly [string, Plan]>([
    ['8 lanes', { trials: 64, lanes: lanes(8, 'cpu', 1_000), sigma: 0.5 }],
    ['one lane', { trials: 60, lanes: lanes(1, 'cpu', 1_000), sigma: 0.6 }],
    [
      'a fast card beside slow cores',
      { trials: 80, lanes: [...lanes(2, 'gpu', 300), ...lanes(4, 'cpu', 2_000)], sigma: 0.4 },
    ],
    ['generations', { trials: 64, lanes: lanes(4, 'cpu', 1_000), sigma: 0.5, generation: 8 }],
    [
      'more trials than are played out one by one',
      { trials: 1_500, lanes: lanes(4, 'cpu', 1_000), sigma: 0.5 },
    ],
    [
      'more generations than are played out one by one',
      { trials: 1_000, lanes: lanes(4, 'cpu', 1_000), sigma: 0.5, generation: 8 },
    ],
  ])('contains the true time in about 90 % of cases: %s', (_, plan) => {
    const shares = [0.2, 0.5, 0.8];
    const studies = 30;
    let held = 0;
    for (const share of shares) {
      let width = 0;
      for (let seed = 0; seed < studies; seed++) {
        const { runs, end } = play(plan, seed);
        const now = share * end;
        const { lowMs, highMs } = range(timeLeft(workloadAt(plan, runs, now)));
        held += Number(lowMs <= end - now && end - now <= highMs);
        width += (highMs - lowMs) / (end - now) / studies;
      }
      // The interval must also be narrow: about as wide as the true time at most, except for the
      // last few trials.
      expect(width).toBeLessThan(share === 0.8 ? 1.8 : 1.2);
    }
    expect(held / studies / shares.length).toBeGreaterThanOrEqual(0.8);
  });
});

describe('Remaining time: estimate', () => {
  const plan: Plan = { trials: 64, lanes: lanes(8, 'cpu', 1_000), sigma: 0.5 };
  const { runs, end } = play(plan, 3);
  const half = workloadAt(plan, runs, end / 2);

  it('is deterministic', () => expect(timeLeft(half)).toEqual(timeLeft(half)));

  it('is missing with fewer than five ended trials, without an end of the study, and without a worker', () => {
    const no = (work: Workload) => timeLeft(work);
    expect(no({ ...half, durations: half.durations.slice(0, 4) })).toEqual({
      known: false,
      reason: 'too-few',
      needed: 5,
    });
    expect(timeLeft({ ...half, durations: half.durations.slice(0, 5) }).known).toBe(true);
    expect(no({ ...half, unstarted: null })).toEqual({
      known: false,
      reason: 'no-limit',
      needed: null,
    });
    expect(no({ ...half, unstarted: null, target: true })).toMatchObject({ reason: 'target-only' });
    expect(no({ ...half, lanes: [] })).toMatchObject({ reason: 'no-worker' });
  });

  it('is zero when nothing is left, and never exceeds the remaining limit of minutes', () => {
    const idle = half.lanes.map((lane) => ({ ...lane, elapsedMs: null }));
    expect(timeLeft({ ...half, unstarted: 0, lanes: idle })).toEqual({
      known: true,
      lowMs: 0,
      highMs: 0,
      mayEndSooner: false,
    });
    expect(timeLeft({ ...half, limitMs: 50 })).toMatchObject({ lowMs: 50, highMs: 50 });
    expect(timeLeft({ ...half, unstarted: null, limitMs: 9_000, durations: [] })).toMatchObject({
      lowMs: 9_000,
      highMs: 9_000,
    });
  });

  it('says if a target may end the study sooner', () =>
    expect(timeLeft({ ...half, target: true })).toMatchObject({ mayEndSooner: true }));

  it('is wider for fewer ended trials', () => {
    const width = (count: number): number => {
      const { lowMs, highMs } = range(
        timeLeft({ ...half, unstarted: 100, durations: half.durations.slice(0, count) }),
      );
      return highMs - lowMs;
    };
    expect(width(5)).toBeGreaterThan(width(25));
  });

  it('is later while long trials run than the ended short ones suggest', () => {
    const ended = [100, 110, 120, 130, 140].map((ms) => ({ kind: 'cpu', ms }));
    const at = (elapsedMs: number) =>
      range(
        timeLeft({
          ...half,
          unstarted: 50,
          durations: ended,
          lanes: Array.from({ length: 5 }, () => ({ kind: 'cpu', elapsedMs })),
        }),
      );
    expect(at(2_000).lowMs).toBeGreaterThan(at(50).highMs);
  });

  it('uses each kind’s own durations, and the other kinds’ if there are too few', () => {
    const durations = [...Array<number>(20).fill(100), ...Array<number>(20).fill(4_000)].map(
      (ms, i) => ({
        kind: i < 20 ? 'gpu' : 'cpu',
        ms,
      }),
    );
    const on = (kind: string) =>
      range(timeLeft({ ...half, unstarted: 10, durations, lanes: [{ kind, elapsedMs: null }] }));
    expect(on('gpu').lowMs).toBeCloseTo(1_000, 6);
    expect(on('gpu').highMs).toBeCloseTo(1_000, 6);
    expect(on('cpu').lowMs).toBeCloseTo(40_000, 6);
    expect(on('new').lowMs).toBeLessThan(6_000);
    expect(on('new').highMs).toBeGreaterThan(6_000);
  });
});

describe('Survival: Kaplan–Meier estimate', () => {
  it('equals the observations if all have ended', () => {
    const all = new Survival([3, 1, 2, 4].map((ms) => ({ ms, ended: true })));
    expect([0, 0.3, 0.5, 0.99].map((u) => all.at(u))).toEqual([1, 2, 3, 4]);
    expect([all.mean, all.variance]).toEqual([2.5, 1.25]);
  });

  it('distributes censored observations over the longer ones', () => {
    // 1 ends; 2 is censored; then 3 and 4 share the rest: 1/4, then 3/8 each.
    const some = new Survival(
      [1, 3, 4].map((ms) => ({ ms, ended: true })).concat({ ms: 2, ended: false }),
    );
    expect(some.mean).toBeCloseTo(1 / 4 + (3 * 3) / 8 + (4 * 3) / 8, 12);
    expect([some.at(0.2), some.at(0.6), some.at(0.7)]).toEqual([1, 3, 4]);
  });

  it('uses only the longer observations for the remaining time', () => {
    const all = new Survival([1, 2, 3, 4].map((ms) => ({ ms, ended: true })));
    expect([0, 0.49, 0.5, 0.9].map((u) => all.rest(2.5, u))).toEqual([0.5, 0.5, 1.5, 1.5]);
    expect(all.rest(8, 0.5)).toBe(4);
  });
});

describe('Trials per minute', () => {
  it('is unknown before three trials have ended', () => {
    expect(trialsPerMinute([], 5)).toBe(null);
    expect(trialsPerMinute([1, 2], 5)).toBe(null);
    expect(trialsPerMinute([5, 5, 5], 5)).toBe(null);
  });

  it('is exact for evenly spaced completions, fast or slow', () => {
    const every = (ms: number, count: number) =>
      Array.from({ length: count }, (_, i) => (i + 1) * ms);
    for (const [ms, count] of [
      [10, 10_000],
      [1_000, 100],
      [600_000, 20],
    ] as const)
      expect(trialsPerMinute(every(ms, count), ms * count)).toBeCloseTo(60_000 / ms, 6);
  });

  it('follows a change within half a minute, and decreases while nothing ends', () => {
    const ends = Array.from({ length: 60 }, (_, i) => i * 1_000);
    const faster = [...ends, ...Array.from({ length: 300 }, (_, i) => 59_100 + i * 100)];
    expect(trialsPerMinute(faster, faster.at(-1)!)).toBeGreaterThan(550);
    expect(trialsPerMinute(ends, 59_000)).toBeCloseTo(60, 6);
    expect(trialsPerMinute(ends, 119_000)).toBeLessThan(15);
  });
});
