/** Finds the bar, gap or worker name under a point of a timeline. Pure. */
import type { AttemptRow } from '../../../protocol/window/lab-stream.ts';
import { laneKey } from '../../state/attempt-log.ts';
import type { LaneIndex } from '../../state/attempt-log.ts';
import { gapsIn } from '../../time/bars.ts';
import type { LaneGroup, LaneRow, Lanes } from './lanes.ts';
import type { Range } from '../../time/time-window.ts';

export type Picked =
  | { readonly kind: 'bar'; readonly lane: LaneRow; readonly row: AttemptRow }
  | {
      readonly kind: 'gap';
      readonly lane: LaneRow;
      readonly gap: Range;
      readonly before: AttemptRow | null;
    }
  | { readonly kind: 'slot'; readonly group: LaneGroup; readonly slot: string };

export interface Sought {
  readonly lanes: Lanes;
  readonly index: LaneIndex;
  readonly range: Range;
  readonly edge: number;
  /** Time from which the activity of workers is known; null when unknown. */
  readonly knownFrom: number | null;
  /** Left end and width of the rows. */
  readonly left: number;
  readonly width: number;
}

/** Minimum width in px for a bar under the pointer. */
const REACH = 3;

export function pick(
  { lanes, index, range, edge, knownFrom, left, width }: Sought,
  x: number,
  y: number,
): Picked | null {
  const group = lanes.groups.find(({ top, height }) => y >= top - 1 && y <= top + height + 1);
  if (group === undefined) return null;
  const lane = nearest(group.rows, y);
  const slot = lane?.slot ?? group.slots[0];
  if (x < left) return slot === undefined ? null : { kind: 'slot', group, slot };
  if (lane === null) return null;
  const perPx = (range.to - range.from) / width;
  const at = range.from + (x - left) * perPx;
  const rows = index.get(laneKey(lane.slot, lane.lane)) ?? [];
  const row = rows.findLast(({ from, to }) => at >= from - perPx && at <= (to ?? edge) + perPx);
  if (row !== undefined) return { kind: 'bar', lane, row };
  const gap =
    knownFrom === null
      ? undefined
      : gapsIn(rows, { from: knownFrom, to: edge }).find(({ from, to }) => at >= from && at <= to);
  if (gap !== undefined)
    return { kind: 'gap', lane, gap, before: rows.find(({ from }) => from >= gap.to) ?? null };
  const near = rows.findLast(
    ({ from, to }) => at >= from - REACH * perPx && at <= (to ?? edge) + REACH * perPx,
  );
  return near === undefined ? null : { kind: 'bar', lane, row: near };
}

function nearest(rows: readonly LaneRow[], y: number): LaneRow | null {
  let found: LaneRow | null = null;
  let least = Infinity;
  for (const row of rows) {
    const away = Math.abs(y - (row.top + row.height / 2));
    if (away >= least) continue;
    least = away;
    found = row;
  }
  return found;
}

/** Position of the keyboard focus in the rows. */
export interface Cursor {
  readonly slot: string;
  readonly lane: number;
  /** Attempt of the row; null for the worker itself. */
  readonly id: string | null;
}

export type CursorMove = 'left' | 'right' | 'up' | 'down';

/**
 * Moves the cursor: ← and → between attempts of a row, with the worker before the first; ↑ and ↓
 * between rows, at about the same time.
 */
export function stepped(
  cursor: Cursor | null,
  step: CursorMove,
  { lanes, index }: Pick<Sought, 'lanes' | 'index'>,
): Cursor | null {
  const rows = lanes.groups.flatMap(({ rows: each }) => each);
  const at =
    cursor === null
      ? -1
      : rows.findIndex(({ slot, lane }) => slot === cursor.slot && lane === cursor.lane);
  const row = rows[Math.max(0, at)];
  if (row === undefined) return null;
  const attempts = index.get(laneKey(row.slot, row.lane)) ?? [];
  if (at < 0 || cursor === null)
    return { slot: row.slot, lane: row.lane, id: attempts.at(-1)?.id ?? null };
  const place = attempts.findIndex(({ id }) => id === cursor.id);
  if (step === 'left' || step === 'right') {
    const next = Math.min(attempts.length - 1, Math.max(-1, place + (step === 'left' ? -1 : 1)));
    return { ...cursor, id: attempts[next]?.id ?? null };
  }
  const other = rows[at + (step === 'up' ? -1 : 1)];
  if (other === undefined) return cursor;
  const own = attempts[place];
  const theirs = index.get(laneKey(other.slot, other.lane)) ?? [];
  const beside =
    own === undefined ? undefined : (theirs.findLast(({ from }) => from <= own.from) ?? theirs[0]);
  return { slot: other.slot, lane: other.lane, id: beside?.id ?? null };
}
