/**
 * Scrolls a row of the virtual table into sight: by as little as it takes nearby, to the middle
 * from afar.
 */

/** Height of a row and of the head, in pixels. */
export const ROW = 28;

/**
 * @param at place of the row; negative: it has none, and nothing moves; @returns whether the row is
 *   in sight
 */
export function revealRow(scroller: HTMLElement, at: number): boolean {
  if (at < 0) return false;
  const room = scroller.clientHeight - ROW;
  const [from, to] = [at * ROW - scroller.scrollTop, (at + 1) * ROW - scroller.scrollTop];
  if (from >= 0 && to <= room) return true;
  if (from < -room || to > 2 * room) scroller.scrollTop = at * ROW - (room - ROW) / 2;
  else scroller.scrollTop += from < 0 ? from : to - room;
  return true;
}
