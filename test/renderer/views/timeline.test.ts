/** Tests the timeline of attempts: rows, bars, gaps, bands, picking, scrolling. */
import { describe, expect, it } from 'vitest';
import type { AttemptRow, GapRow, SlotRow } from '../../../src/protocol/window/lab-stream.ts';
import { AttemptLog } from '../../../src/renderer/state/attempt-log.ts';
import { barsIn, busyShares, coveredMs, gapsIn, whyIdle } from '../../../src/renderer/time/bars.ts';
import { hatch } from '../../../src/renderer/views/timeline/draw.ts';
import { extentOf, knownFrom, watchedOf } from '../../../src/renderer/time/held.ts';
import {
  fitted,
  labMetrics,
  layLanes,
  stripMetrics,
  withPast,
  stripHeight,
} from '../../../src/renderer/views/timeline/lanes.ts';
import { pick, stepped } from '../../../src/renderer/views/timeline/pick.ts';
import type { Sought } from '../../../src/renderer/views/timeline/pick.ts';
import {
  panned,
  rangeOf,
  revealing,
  ticksOf,
  zoomed,
} from '../../../src/renderer/time/time-window.ts';
import { busyShare, workerRows } from '../../../src/renderer/views/lab/worker-rows.ts';
import { slotTime } from '../../../src/renderer/time/slot-time.ts';
import { slotStatus } from '../../../src/renderer/views/timeline/slot-status.ts';
import { slotRow } from '../../support/window-examples.ts';

function attempt(
  trial: number,
  from: number,
  to: number | null,
  rest: Partial<AttemptRow> = {},
): AttemptRow {
  const slot = rest.slot ?? 'local/cpu/0';
  return {
    ...{
      id: `s/${trial}/1`,
      study: 's',
      trial,
      attemptNumber: 1,
      slot,
      lane: 0,
      from,
      to,
      outcome: to === null ? null : 'succeeded',
      value: 0.9,
    },
    ...rest,
  };
}

function worker(
  slot: string,
  lanes = 1,
): { slot: string; node: string; device: string; lanes: number } {
  const [node = '', device = ''] = slot.split('/');
  return { slot, node, device, lanes };
}

function logOf(...rows: AttemptRow[]): AttemptLog {
  const log = new AttemptLog(1000);
  log.merge(rows);
  return log;
}

const cpus = (n: number): ReturnType<typeof worker>[] =>
  Array.from({ length: n }, (_, i) => worker(`local/cpu/${i}`));

describe('Timeline: rows', () => {
  it('orders rows by number, GPUs before CPU cores, one for each lane', () => {
    const { groups, height } = layLanes(
      [...cpus(11), worker('local/gpu0/0', 3)],
      labMetrics,
      'CPU',
    );
    expect(groups.map(({ label }) => label).slice(0, 4)).toEqual([
      'GPU 0',
      'CPU 0',
      'CPU 1',
      'CPU 2',
    ]);
    expect(groups.at(-1)?.label).toBe('CPU 10');
    expect(groups[0]?.rows.map(({ lane, top }) => [lane, top])).toEqual([
      [0, 0],
      [1, 24],
      [2, 48],
    ]);
    expect(height).toBe((groups.at(-1)?.top ?? 0) + 20);
  });

  it('shares a label in the strip, and merges 17 or more workers of a node into one band', () => {
    const rows = layLanes(cpus(16), stripMetrics, 'CPU').groups;
    expect(rows).toMatchObject([{ label: 'CPU', rows: { length: 16 } }]);
    const [band] = layLanes(cpus(17), stripMetrics, 'CPU').groups;
    expect(band?.rows).toEqual([]);
    expect(band?.slots).toHaveLength(17);
  });

  it('grows rows when there is space, and never beyond it', () => {
    expect(fitted(cpus(2), stripMetrics, 100).cpuRow).toBe(10);
    for (const workers of [2, 6, 9, 12]) {
      const height = layLanes(cpus(workers), fitted(cpus(workers), stripMetrics, 100), '').height;
      expect(height).toBeLessThanOrEqual(100);
    }
  });

  it('keeps rows for past workers and lanes', () => {
    const past = withPast(
      [worker('local/cpu/0')],
      logOf(attempt(1, 0, 1, { slot: 'local/cpu/3' }), attempt(2, 0, 1, { lane: 1 })).lanes,
    );
    expect(past.map(({ slot, lanes }) => [slot, lanes])).toEqual([
      ['local/cpu/0', 2],
      ['local/cpu/3', 1],
    ]);
  });

  it('gives a GPU a row for each lane that it has used, not for the hundreds that it has', () => {
    const card = { slot: 'local/gpu/0/0', node: 'local', device: 'gpu/0', lanes: 256 };
    expect(withPast([card], logOf().lanes)).toMatchObject([{ lanes: 1 }]);
    const used = logOf(attempt(1, 0, 1, { slot: card.slot, lane: 7 }));
    expect(withPast([card], used.lanes)).toMatchObject([{ lanes: 8 }]);
  });
});

describe('Timeline: bars', () => {
  const range = { from: 1000, to: 2000 };

  it('places bars by time, clipped at the edges, a running one up to the current time', () => {
    const bars = barsIn(
      [attempt(1, 500, 1200), attempt(2, 1300, 1400), attempt(3, 1500, null)],
      range,
      1900,
      100,
    );
    expect(bars.map(({ row, x, width }) => [row.trial, x, width])).toEqual([
      [1, 0, 19],
      [2, 30, 9],
      [3, 50, 39],
    ]);
  });

  it('draws no bar outside the visible range', () => {
    expect(barsIn([attempt(1, 0, 900), attempt(2, 2100, 2200)], range, 3000, 100)).toEqual([]);
  });

  it('draws one bar for each pixel, so that the cost depends on the width only', () => {
    const many = Array.from({ length: 10_000 }, (_, i) =>
      attempt(i, 1000 + i / 10, 1000 + (i + 1) / 10),
    );
    expect(barsIn(many, range, 2000, 100).length).toBeLessThanOrEqual(101);
  });
});

describe('Timeline: gaps', () => {
  it('reports a gap from 1.2 s on, between attempts, before the first and after the last', () => {
    const rows = [attempt(1, 5000, 6000), attempt(2, 7000, 8000), attempt(3, 9300, 9400)];
    expect(gapsIn(rows, { from: 3000, to: 12_000 })).toEqual([
      { from: 3000, to: 5000 },
      { from: 8000, to: 9300 },
      { from: 9400, to: 12_000 },
    ]);
  });

  it('reports no gap while something runs, nor before the known time', () => {
    expect(gapsIn([attempt(1, 5000, null)], { from: 5000, to: 90_000 })).toEqual([]);
    expect(
      gapsIn([attempt(1, 5000, 6000), attempt(2, 60_000, null)], { from: 59_500, to: 90_000 }),
    ).toEqual([]);
  });

  it('explains a gap by the reason that applied longest', () => {
    const gap = (from: number, to: number, reason: string, slot = 'local/cpu/0'): GapRow => ({
      slot,
      from,
      to,
      reason,
      data: {},
    });
    const gaps = [
      gap(0, 100, 'starting'),
      gap(100, 900, 'budget'),
      gap(0, 1000, 'paused', 'local/cpu/1'),
    ];
    expect(whyIdle('local/cpu/0', { from: 50, to: 950 }, gaps, null, 5000)?.reason).toBe('budget');
    expect(
      whyIdle(
        'local/cpu/0',
        { from: 850, to: 3000 },
        gaps,
        { since: 900, reason: 'noStudy', data: {} },
        3000,
      )?.reason,
    ).toBe('noStudy');
    expect(whyIdle('local/cpu/0', { from: 2000, to: 3000 }, gaps, null, 5000)).toBeNull();
  });

  it('hatches within its rectangle', () => {
    const points: [number, number][] = [];
    const note = (x: number, y: number): void => void points.push([x, y]);
    hatch({ moveTo: note, lineTo: note }, 10, 20, 33, 7);
    expect(points.length).toBeGreaterThan(8);
    for (const [x, y] of points) {
      expect(x >= 10 && x <= 43).toBe(true);
      expect(y >= 20 && y <= 27).toBe(true);
    }
  });
});

describe('Timeline: band', () => {
  it('shows at each pixel the fraction of busy workers', () => {
    const attempts = [attempt(1, 0, 500), attempt(2, 0, 250), attempt(3, 750, null)];
    expect([...busyShares(attempts, 2, { from: 0, to: 1000 }, 1000, 4)]).toEqual([1, 0.5, 0, 0.5]);
    expect([...busyShares([attempt(1, 0, 125)], 1, { from: 0, to: 1000 }, 1000, 4)]).toEqual([
      0.5, 0, 0, 0,
    ]);
  });
});

describe('Timeline: picking', () => {
  const attempts = [
    attempt(1, 0, 4000),
    attempt(2, 8000, null),
    attempt(3, 0, 9000, { slot: 'local/cpu/1' }),
  ];
  const sought: Sought = {
    lanes: layLanes(cpus(2), labMetrics, 'CPU'),
    index: logOf(...attempts).lanes,
    range: { from: 0, to: 10_000 },
    edge: 9500,
    knownFrom: 0,
    left: 100,
    width: 1000,
  };

  it('picks a bar, a gap with the next trial, or a name', () => {
    expect(pick(sought, 300, 5)).toMatchObject({ kind: 'bar', row: { trial: 1 } });
    expect(pick(sought, 700, 5)).toMatchObject({
      kind: 'gap',
      gap: { from: 4000, to: 8000 },
      before: { trial: 2 },
    });
    expect(pick(sought, 1040, 5)).toMatchObject({ kind: 'bar', row: { trial: 2 } });
    expect(pick(sought, 40, 30)).toMatchObject({ kind: 'slot', slot: 'local/cpu/1' });
  });

  it('picks nothing after the current time and below the rows', () => {
    expect(pick(sought, 1080, 5)).toBeNull();
    expect(pick(sought, 300, 200)).toBeNull();
  });

  it('moves by keyboard between attempts of a row, the worker before them, and other rows at the same time', () => {
    const first = stepped(null, 'down', sought);
    expect(first).toEqual({ slot: 'local/cpu/0', lane: 0, id: 's/2/1' });
    const left = stepped(first, 'left', sought);
    expect(left?.id).toBe('s/1/1');
    expect(stepped(left, 'left', sought)?.id).toBeNull();
    expect(stepped(first, 'down', sought)).toEqual({ slot: 'local/cpu/1', lane: 0, id: 's/3/1' });
    expect(stepped(first, 'up', sought)).toEqual(first);
    expect(stepped(first, 'right', sought)).toEqual(first);
  });
});

describe('Timeline: visible range', () => {
  const extent = { first: 0, edge: 600_000 };

  it('follows the current time until it is scrolled, and again when scrolled back', () => {
    const back = panned({ span: 300_000, end: null }, extent, 60_000);
    expect(back).toEqual({ span: 300_000, end: 540_000 });
    expect(panned(back, extent, -90_000).end).toBeNull();
    expect(rangeOf({ span: null, end: null }, extent)).toEqual({ from: 0, to: 600_000 });
  });

  it('keeps the time under the pointer fixed while zooming', () => {
    const sight = { span: 200_000, end: 400_000 };
    const closer = rangeOf(zoomed(sight, extent, 0.5, 0.25), extent);
    expect(closer.from + (closer.to - closer.from) * 0.25).toBeCloseTo(250_000, 3);
    expect(closer.to - closer.from).toBe(100_000);
  });

  it('moves by the least amount that shows an attempt', () => {
    const sight = { span: 100_000, end: 400_000 };
    expect(revealing(sight, extent, { from: 320_000, to: 330_000 })).toBe(sight);
    const { from, to } = rangeOf(revealing(sight, extent, { from: 100_000, to: 110_000 }), extent);
    expect(from <= 100_000 && to >= 110_000).toBe(true);
  });

  it('has round grid lines with enough space for their labels', () => {
    expect(ticksOf({ from: 0, to: 300_000 }, 0, 400)).toEqual([
      0, 60_000, 120_000, 180_000, 240_000, 300_000,
    ]);
    for (const span of [3000, 47_000, 3_600_000, 90_000_000, 3e9]) {
      const ticks = ticksOf({ from: 1000, to: 1000 + span }, 1000, 800);
      expect(ticks.length).toBeGreaterThan(1);
      expect(((ticks[1] ?? 0) - (ticks[0] ?? 0)) / (span / 800)).toBeGreaterThanOrEqual(76);
    }
  });
});

describe('Timeline: known time', () => {
  it('begins with the earliest known attempt or gap, and `All` begins with the current study', () => {
    const rows = logOf(attempt(1, 5000, 6000, { study: 'other' }), attempt(2, 7000, 9000));
    expect(
      knownFrom(rows, [{ slot: 'a', from: 4000, to: 5000, reason: 'starting', data: {} }], []),
    ).toBe(4000);
    expect(knownFrom(logOf(), [], [])).toBeNull();
    // A finished attempt proves nothing: it may be from before the application was started.
    expect(knownFrom(rows, [], [])).toBeNull();
    expect(knownFrom(logOf(...rows.values(), attempt(3, 9500, null)), [], [])).toBe(9500);
    expect(extentOf(rows, 's', true, 20_000)).toEqual({ first: 7000, edge: 20_000 });
    // Nothing is on: the current time stops where the last attempt ended.
    expect(extentOf(rows, 's', false, 20_000)).toEqual({ first: 7000, edge: 9000 });
    expect(extentOf(rows, 'none', false, 20_000).first).toBe(5000);
  });

  it('averages from the first attempt of the study to its last, or over the known time since it runs', () => {
    const running = { state: 'running', since: 900, activeMs: 0 } as const;
    const rows = logOf(
      attempt(1, 1000, 2000),
      attempt(2, 5000, 6000),
      attempt(3, 0, 9000, { study: 'other' }),
    );
    expect(watchedOf(rows, 's', 8000, null, 20_000)).toEqual([{ from: 1000, to: 6000 }]);
    expect(watchedOf(rows, 's', 4000, running, 20_000)).toEqual([{ from: 4000, to: 20_000 }]);
    expect(watchedOf(rows, 's', null, running, 20_000)).toEqual([{ from: 1000, to: 20_000 }]);
    expect(watchedOf(rows, 'none', 0, running, 20_000)).toBeNull();
    // It was resumed at 15,000: workers were not idle for it before.
    const resumed = { state: 'running', since: 15_000, activeMs: 9000 } as const;
    expect(watchedOf(rows, 's', 4000, resumed, 20_000)).toEqual([{ from: 15_000, to: 20_000 }]);
    const pausing = { state: 'pausing', since: 19_000, activeMs: null } as const;
    expect(watchedOf(rows, 's', 4000, pausing, 20_000)).toEqual([{ from: 4000, to: 20_000 }]);
  });

  it('averages over the time in which a finished study was active, not over its pauses', () => {
    // Active from 0 to 10 s, paused over night, and active for another 10 s.
    const night = 8 * 3_600_000;
    const later = 10_000 + night;
    const rows = logOf(
      attempt(1, 0, 4000),
      attempt(2, 6000, 9000),
      attempt(3, later, later + 10_000),
      attempt(4, 60_000, 70_000, { study: 'other' }),
    );
    const finished = { state: 'finished', since: null, activeMs: 20_000 } as const;
    const watched = watchedOf(rows, 's', null, finished, later + 99_000);
    expect(watched).toEqual([
      { from: 0, to: 9000 },
      { from: 9000 + night, to: later + 10_000 },
    ]);
    const slot = slotRow({ slot: 'local/cpu/0' });
    // What the worker did for another study meanwhile does not count.
    const [row] = workerRows([slot], rows.values(), watched, () => null);
    expect(row?.busy).toBeCloseTo(17 / 20, 6);
    // A study that was not paused keeps its idle times.
    expect(watchedOf(rows, 's', null, { ...finished, activeMs: night + 20_000 }, 0)).toHaveLength(
      1,
    );
    // Attempts go on while a study ends, which its running time does not contain.
    expect(watchedOf(logOf(attempt(1, 0, 50_000)), 's', null, finished, 0)).toEqual([
      { from: 0, to: 50_000 },
    ]);
  });
});

describe('Timeline: status of a worker', () => {
  const at = (given: Partial<SlotRow>): string =>
    slotStatus([slotRow(given)], false, 60_000).words.replaceAll('\u202f', ' ');

  it('says that it stops a trial while it has neither a trial that counts nor an idle reason', () => {
    expect(at({ idle: null })).toBe('stopping a trial');
    expect(at({ idle: { since: 0, reason: 'budget', data: {} } })).toBe('idle 1 min');
    const running = [{ study: 's', trial: 7, attemptNumber: 1, lane: 0 }];
    expect(at({ idle: null, running })).toBe('trial 7');
    expect(at({ idle: null, state: 'starting' })).toBe('starting');
  });
});

describe('Lab: figures of a worker', () => {
  const slot = {
    ...{
      slot: 'local/cpu/0',
      node: 'local',
      device: 'cpu',
      state: 'ready' as const,
      until: null,
      reason: null,
      lanes: 2,
      lanesTaken: null,
      lanesFull: null,
      pid: 1,
    },
    ...{ rssBytes: null, executor: 'wasm', running: [], idle: null },
  };

  it('counts overlapping lanes once, and attempts that returned, paused or were superseded not as failed', () => {
    const rows = [
      attempt(1, 0, 4000),
      attempt(2, 1000, 5000, { lane: 1 }),
      attempt(3, 6000, 7000, { outcome: 'crashed', value: null }),
      ...['cancelled', 'superseded', 'trialCancelled', 'paused'].map((outcome, i) =>
        attempt(4 + i, 7000, 7500, { outcome, value: null }),
      ),
    ];
    const [row] = workerRows([slot], rows, [{ from: 0, to: 10_000 }], () => 4);
    expect(row).toMatchObject({ complete: 2, medianMs: 1000, busy: 0.65 });
    expect([...(row?.failed ?? [])]).toEqual([['crashed', 1]]);
    expect(coveredMs(rows, { from: 3000, to: 6500 })).toBe(2500);
  });

  it('has no busy fraction within the first second', () => {
    const rows = workerRows([slot], [], [{ from: 0, to: 500 }], () => null);
    expect(busyShare(rows)).toBeNull();
  });

  it('divides its time into parts that add up to the whole', () => {
    const gaps = [
      { from: 0, to: 2000, reason: 'starting' },
      { from: 6000, to: 7000, reason: 'budget' },
      { from: 8000, to: 12_000, reason: 'budget' },
    ];
    const time = slotTime([attempt(1, 2100, 6000)], gaps, [{ from: 0, to: 10_000 }]);
    expect(time).toEqual({
      whole: 10_000,
      training: 3900,
      reasons: [
        { reason: 'budget', ms: 3000 },
        { reason: 'starting', ms: 2000 },
      ],
      rest: 1100,
    });
  });
});

describe('Strip: height', () => {
  it('fits its rows at their largest, without space beyond them', () => {
    const slots = [0, 1].map((i) => ({
      slot: `local/cpu/${i}`,
      node: 'local',
      device: 'cpu',
      lanes: 1,
    }));
    expect(stripHeight(slots)).toBe(2 * 10 + 1 + 20);
    expect(stripHeight([])).toBe(20);
  });
});
