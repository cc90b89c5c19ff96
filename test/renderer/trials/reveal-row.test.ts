import { describe, expect, it } from 'vitest';
import { ROW, revealRow } from '../../../src/renderer/views/trials/reveal-row.ts';

/** A table with space for 10 rows below its header. */
function scrolledTo(scrollTop: number): HTMLElement {
  // `revealRow` reads and writes only these two properties.
  return { clientHeight: 11 * ROW, scrollTop } as HTMLElement;
}

describe('Trials table: scrolling to a row', () => {
  it('does not scroll for a visible row or for one that is not in the table', () => {
    const scroller = scrolledTo(5 * ROW);
    expect([5, 9, 14].map((at) => revealRow(scroller, at))).toEqual([true, true, true]);
    expect(revealRow(scroller, -1)).toBe(false);
    expect(scroller.scrollTop).toBe(5 * ROW);
  });

  it('scrolls by the least amount that shows a nearby row whole, above and below', () => {
    const down = scrolledTo(5 * ROW);
    revealRow(down, 15);
    expect(down.scrollTop).toBe(6 * ROW);
    const up = scrolledTo(5 * ROW);
    revealRow(up, 4);
    expect(up.scrollTop).toBe(4 * ROW);
  });

  it('centres a distant row', () => {
    const scroller = scrolledTo(0);
    revealRow(scroller, 1_000);
    const above = 1_000 * ROW - scroller.scrollTop;
    expect(above).toBe(4.5 * ROW);
  });
});
