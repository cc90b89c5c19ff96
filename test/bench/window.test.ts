/** Tests the evaluation of traces and samples of the window's bench. */
import { expect, test } from 'vitest';
import { framesOf, percentile } from '../../bench/window/frames.ts';
import type { TraceEvent } from '../../bench/window/frames.ts';
import { slope } from '../../bench/window/slope.ts';

const event = (name: string, ts: number, dur = 0, more: Partial<TraceEvent> = {}): TraceEvent => ({
  name,
  ph: dur > 0 ? 'X' : 'I',
  ts: 1000 * ts,
  dur: 1000 * dur,
  pid: 1,
  tid: 1,
  ...more,
});
const frame = (ts: number, more: Partial<TraceEvent> = {}): TraceEvent =>
  event('BeginMainThreadFrame', ts, 0, more);

test("Window benchmark: the work of a frame is everything from its beginning to the next one's, nested events once", () => {
  const trace = [
    event('FunctionCall', 1, 5),
    frame(10),
    event('FireAnimationFrame', 11, 4, { tdur: 3000 }),
    event('FunctionCall', 12, 2),
    event('Layout', 16, 1),
    event('Paint', 18, 6),
    frame(26),
    event('FunctionCall', 30, 2),
    frame(42),
    event('FunctionCall', 43, 9),
  ];
  expect(framesOf(trace)).toEqual([
    { clock: 5, cpu: 4, interval: 16 },
    { clock: 2, cpu: 2, interval: 16 },
  ]);
});

test('Window benchmark: of several threads that draw frames, the one with most frames counts', () => {
  const other = { pid: 2 };
  const trace = [
    frame(1, other),
    event('Layout', 2, 9, other),
    frame(20, other),
    frame(1),
    event('Layout', 2, 1),
    frame(9),
    frame(18),
  ];
  expect(framesOf(trace).map(({ clock }) => clock)).toEqual([1, 0]);
});

test.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.95, 4],
  [[5], 0, 5],
])('Window benchmark: of %j the share %d does not exceed %d', (values, share, expected) =>
  expect(percentile(values, share)).toBe(expected),
);

test('Window benchmark: has no percentile of nothing', () => expect(percentile([], 0.5)).toBeNaN());

test('Window benchmark: the slope is that of the line through collinear points, and of least squares otherwise', () => {
  expect(slope([0, 1, 2], [5, 7, 9])).toBe(2);
  expect(slope([0, 1, 2], [0, 3, 0])).toBe(0);
  expect(slope([4, 4], [1, 2])).toBeNaN();
});
