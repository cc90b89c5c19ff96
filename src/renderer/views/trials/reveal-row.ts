/**
 * Scrolls a row of the virtual table into view: by the least amount when it is near, to the middle
 * when it is far.
 */

/** Height of a row and of the header, in px. */
export const ROW = 28;

/**
 * @param at index of the row; negative when it has none, nothing scrolls then
 * @returns whether the row is visible now
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
