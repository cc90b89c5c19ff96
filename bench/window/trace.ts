/**
 * Records the work of the window's main thread during an activity and reports it frame by frame.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { rowsOf } from '../row.ts';
import type { BenchRow } from '../row.ts';
import { TRACE_CATEGORIES, framesOf, percentile } from './frames.ts';
import type { Frame, TraceEvent } from './frames.ts';

const GOAL_MS = 8;

export async function traced(
  browser: Browser,
  page: Page,
  meanwhile: () => Promise<void>,
): Promise<readonly Frame[]> {
  await browser.startTracing(page, { categories: TRACE_CATEGORIES });
  await meanwhile();
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    readonly traceEvents: readonly TraceEvent[];
  };
  return framesOf(traceEvents);
}

export function watching(seconds: number): () => Promise<void> {
  return () => wait(seconds * 1000);
}

/** Scrolls the table by a few rows each frame, down and up again. */
export function scrolling(page: Page, seconds: number): () => Promise<void> {
  return () =>
    page.evaluate(async (ms) => {
      const table = document.querySelector('[role=grid]');
      if (table === null) throw new Error('no table');
      const until = performance.now() + ms;
      let by = 90;
      while (performance.now() < until) {
        await new Promise((done) => requestAnimationFrame(done));
        const before = table.scrollTop;
        table.scrollTop += by;
        if (table.scrollTop === before) by = -by;
      }
    }, seconds * 1000);
}

/**
 * By the processor: a shared machine's clock counts other programs' turns as well, and is said
 * beside it.
 */
export function frameRow(what: string, frames: readonly Frame[], note = ''): BenchRow {
  const of = (pick: (frame: Frame) => number, share: number): number =>
    percentile(frames.map(pick), share);
  const cpu = of(({ cpu }) => cpu, 0.95);
  const said = [
    `${frames.length} frames, p99 ${of(({ cpu }) => cpu, 0.99).toFixed(1)} ms`,
    `by the clock p95 ${of(({ clock }) => clock, 0.95).toFixed(1)} ms`,
    `from frame to frame p50 ${of(({ interval }) => interval, 0.5).toFixed(1)}, p95 ${of(({ interval }) => interval, 0.95).toFixed(1)} ms (software rasteriser)`,
  ];
  return windowRow(
    `${what}: script and layout a frame, p95`,
    cpu,
    'ms of CPU',
    `≤ ${GOAL_MS} ms`,
    cpu <= GOAL_MS,
    [...said, ...(note === '' ? [] : [note])].join('; '),
  );
}

export const windowRow = rowsOf('window');
