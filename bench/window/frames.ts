/**
 * Work of the page's main thread in each frame, from a Chromium trace: script and layout without
 * painting, in wall time and CPU time. A frame begins where the browser began it on the main
 * thread; work since the previous frame belongs to it.
 */

/** One event of a trace, times in microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
}

export interface Frame {
  /** Milliseconds of script and layout, wall time and CPU time. */
  readonly clock: number;
  readonly cpu: number;
  /** Milliseconds since the previous frame. */
  readonly interval: number;
}

export const TRACE_CATEGORIES = [
  '-*',
  '__metadata',
  'devtools.timeline',
  'disabled-by-default-devtools.timeline.frame',
  'disabled-by-default-devtools.timeline',
  'v8',
  'v8.execute',
];

const FRAME = 'BeginMainThreadFrame';
const SCRIPT_AND_LAYOUT = new Set([
  ...[
    'FunctionCall',
    'EvaluateScript',
    'FireAnimationFrame',
    'FireIdleCallback',
    'TimerFire',
    'EventDispatch',
    'RunMicrotasks',
  ],
  ...[
    'V8.GCScavenger',
    'V8.GCFinalizeMC',
    'V8.GCIncrementalMarking',
    'MinorGC',
    'MajorGC',
    'v8.compile',
  ],
  ...['UpdateLayoutTree', 'Layout', 'HitTest'],
]);

/**
 * Frames of the thread that ran most script. Work that spans the beginning of a frame counts for
 * the frame in which it ends.
 */
export function framesOf(events: readonly TraceEvent[]): readonly Frame[] {
  const mine = ofBusiest(events);
  const begins = mine.filter(({ name }) => name === FRAME).map(({ ts }) => ts);
  begins.sort((a, b) => a - b);
  const work = outermost(mine.filter(({ name, ph }) => ph === 'X' && SCRIPT_AND_LAYOUT.has(name)));
  const frames: Frame[] = [];
  let next = 0;
  // Work before the first frame belongs to one that was not recorded completely.
  const [first = Infinity] = begins;
  while (next < work.length && (work[next]?.ts ?? 0) < first) next += 1;
  for (let i = 0; i + 1 < begins.length; i++) {
    const [begin = 0, end = 0] = [begins[i], begins[i + 1]];
    let [clock, cpu] = [0, 0];
    for (; next < work.length && (work[next]?.ts ?? 0) < end; next++) {
      clock += work[next]?.dur ?? 0;
      cpu += work[next]?.tdur ?? work[next]?.dur ?? 0;
    }
    frames.push({ clock: clock / 1000, cpu: cpu / 1000, interval: (end - begin) / 1000 });
  }
  return frames;
}

function ofBusiest(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const script = new Map<string, number>();
  const thread = ({ pid, tid }: TraceEvent): string => `${pid}/${tid}`;
  for (const event of events) {
    if (event.name === FRAME) script.set(thread(event), (script.get(thread(event)) ?? 0) + 1);
  }
  const [busiest] = [...script].sort(([, a], [, b]) => b - a);
  return busiest === undefined ? [] : events.filter((event) => thread(event) === busiest[0]);
}

/** Without those that lie within another. */
function outermost(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const sorted = [...events].sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  let until = -Infinity;
  return sorted.filter(({ ts, dur = 0 }) => {
    if (ts < until) return false;
    until = ts + dur;
    return true;
  });
}

/** The value that this share of them does not exceed; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
