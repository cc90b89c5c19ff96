/**
 * Draws a timeline with any pen: names at the left, a bar for each attempt, hatched gaps, the
 * current time, the time axis.
 */
import type { AttemptRow } from '../../../protocol/window/lab-stream.ts';
import type { Palette } from '../../charts/palette.ts';
import type { Pen } from '../../charts/pen.ts';
import { onColour } from '../../charts/value-colours.ts';
import { laneKey } from '../../state/attempt-log.ts';
import { barsIn, busyShares, gapsIn } from '../../time/bars.ts';
import type { Bar } from '../../time/bars.ts';
import { HEADING } from './lanes.ts';
import type { LaneGroup, LaneRow } from './lanes.ts';
import type { Cursor, Sought } from './pick.ts';

/** Minimum width of a bar with trial and value, in px. */
const WORDS_FROM = 64;
const HATCH = 7;

export interface Status {
  readonly words: string;
  /** True if the label is emphasised. */
  readonly strong: boolean;
}

export interface Picture extends Sought {
  readonly palette: Palette;
  /** True if rows are high enough for names and values. */
  readonly spoken: boolean;
  /** Height of the rows that are scrolled away at the top, in px. */
  readonly scrolled: number;
  /** Height of the visible rows, without the axis. */
  readonly height: number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  readonly edgeLabel: string;
  status(group: LaneGroup): Status;
  /** Colour of the attempt's value; null when it has no value of this study. */
  colour(row: AttemptRow): string | null;
  words(row: AttemptRow): { readonly trial: string; readonly rest: string };
  readonly selected: (row: AttemptRow) => boolean;
  readonly selectedSlot: string | null;
  readonly cursor: Cursor | null;
}

export function drawTimeline(pen: Pen, picture: Picture): void {
  const { left, width, height, scrolled, lanes } = picture;
  drawGrid(pen, picture);
  pen.clip(0, 0, left + width + 4, height, () => {
    for (const group of lanes.groups) {
      const begin = group.top - (group.heading === null ? 0 : HEADING);
      if (group.top + group.height < scrolled || begin > scrolled + height) continue;
      drawLabel(pen, picture, group);
      if (group.rows.length === 0) drawBand(pen, picture, group);
      for (const row of group.rows)
        if (row.top + row.height >= scrolled && row.top <= scrolled + height)
          drawRow(pen, picture, row, row.top - scrolled);
    }
  });
  drawNow(pen, picture);
}

function drawGrid(
  pen: Pen,
  { palette, ticks, left, width, height, range, edge, edgeLabel }: Picture,
): void {
  pen.begin();
  for (const { at } of ticks) {
    const x = Math.round(left + ((at - range.from) / (range.to - range.from)) * width) + 0.5;
    pen.moveTo(x, 0);
    pen.lineTo(x, height);
  }
  pen.stroke(palette.grid, 1);
  let free = left - 20;
  // Leaves space for the label of the current time.
  const most =
    edge > range.to + 1
      ? left + width - 20
      : left +
        ((edge - range.from) / (range.to - range.from)) * width -
        edgeLabel.length * 6.5 -
        24;
  for (const { at, label } of ticks) {
    const x = left + ((at - range.from) / (range.to - range.from)) * width;
    if (x < free || x > most) continue;
    pen.text(x, height + 15, label, {
      colour: palette.text3,
      size: 11,
      anchor: x < left + 16 ? 'start' : 'middle',
    });
    free = x + label.length * 6 + 8;
  }
}

function drawNow(
  pen: Pen,
  { palette, left, width, height, range, edge, edgeLabel }: Picture,
): void {
  if (edge > range.to + 1 || edge < range.from) return;
  const x = Math.min(left + width, left + ((edge - range.from) / (range.to - range.from)) * width);
  pen.begin();
  pen.moveTo(x, 0);
  pen.lineTo(x, height + 2);
  pen.stroke(palette.text, 1.5);
  pen.text(Math.min(x, left + width), height + 15, edgeLabel, {
    colour: palette.text,
    size: 11,
    weight: 600,
    anchor: 'end',
  });
}

function drawLabel(pen: Pen, picture: Picture, group: LaneGroup): void {
  const { palette, left, scrolled, selectedSlot } = picture;
  if (group.heading !== null)
    pen.text(4, group.top - scrolled - 5, group.heading, {
      colour: palette.text,
      size: 12,
      weight: 600,
    });
  const y = group.top - scrolled + group.height / 2 + 4;
  const chosen = selectedSlot !== null && group.slots.includes(selectedSlot);
  if (chosen) {
    pen.begin();
    pen.rect(0, group.top - scrolled, left - 8, group.height);
    pen.fill(palette.selected);
  }
  const { words, strong } = picture.status(group);
  pen.text(4, y, group.label, {
    colour: group.gpu || chosen ? palette.text : palette.text2,
    size: 12,
    weight: group.gpu ? 600 : 400,
  });
  pen.text(left - 12, y, words, {
    colour: strong ? palette.text : palette.text2,
    size: strong ? 12 : 11,
    weight: strong ? 600 : 400,
    anchor: 'end',
  });
}

function drawRow(pen: Pen, picture: Picture, row: LaneRow, top: number): void {
  const { index, range, edge, left, width, knownFrom, palette, cursor } = picture;
  const rows = index.get(laneKey(row.slot, row.lane)) ?? [];
  const perMs = width / (range.to - range.from);
  if (knownFrom !== null) {
    pen.begin();
    for (const gap of gapsIn(rows, {
      from: Math.max(knownFrom, range.from),
      to: Math.min(edge, range.to),
    })) {
      const x = left + (gap.from - range.from) * perMs;
      hatch(pen, x, top, (gap.to - gap.from) * perMs - 1, row.height);
    }
    pen.stroke(palette.idle, 1, 0.75);
  }
  for (const bar of barsIn(rows, range, edge, width)) {
    drawBar(pen, picture, bar, left + bar.x, top, row.height);
    if (bar.row.outcome === 'lost') {
      pen.begin();
      pen.rect(left + bar.x + bar.width - 1, top - 1, 2, row.height + 2);
      pen.fill(palette.failed);
    }
  }
  if (cursor?.slot === row.slot && cursor.lane === row.lane) {
    const at = rows.find(({ id }) => id === cursor.id);
    const x = at === undefined ? 1 : left + Math.max(0, (at.from - range.from) * perMs);
    const right =
      at === undefined ? left - 10 : left + Math.min(width, ((at.to ?? edge) - range.from) * perMs);
    pen.begin();
    pen.rect(x - 1, top - 1, Math.max(3, right - x + 1), row.height + 2);
    pen.stroke(palette.accent, 2);
  }
}

function drawBar(
  pen: Pen,
  picture: Picture,
  { row, width }: Bar,
  x: number,
  y: number,
  height: number,
): void {
  const { palette, spoken } = picture;
  const running = row.to === null;
  const fill = running ? palette.selected : (picture.colour(row) ?? barColour(row, palette));
  pen.begin();
  pen.rect(x, y, width, height);
  pen.fill(fill);
  if (running) {
    pen.begin();
    pen.rect(x + 0.5, y + 0.5, Math.max(0.5, width - 1), height - 1);
    pen.stroke(palette.accent, 1);
  } else if (row.outcome === 'pruned') {
    pen.begin();
    pen.rect(x + Math.max(0, width - 2), y, Math.min(2, width), height);
    pen.fill(palette.pruned);
  }
  if (picture.selected(row)) {
    pen.begin();
    pen.rect(x - 1, y - 1, width + 2, height + 2);
    pen.stroke(palette.canvas, 4);
    pen.begin();
    pen.rect(x - 0.5, y - 0.5, width + 1, height + 1);
    pen.stroke(palette.accent, 2);
  }
  if (!spoken || width < 22) return;
  const { trial, rest } = picture.words(row);
  const colour = running ? palette.text : plain(row, palette) ? palette.text2 : onColour(fill);
  const baseline = y + height / 2 + 4;
  const after = 6 + trial.length * 6.7 + 6;
  if (width > trial.length * 6.7 + 8)
    pen.text(x + 5, baseline, trial, { colour, size: 11, weight: 500 });
  if (width >= WORDS_FROM && width > after + rest.length * 6)
    pen.text(x + after, baseline, rest, { colour, size: 11 });
}

/** Colour of an attempt without a value on the scale. */
function barColour({ outcome }: Pick<AttemptRow, 'outcome'>, palette: Palette): string {
  if (outcome === 'diverged') return palette.diverged;
  if (
    outcome === 'crashed' ||
    outcome === 'outOfMemory' ||
    outcome === 'timedOut' ||
    outcome === 'lost'
  )
    return palette.failed;
  return palette.lineStrong;
}

function plain({ outcome, value }: AttemptRow, palette: Palette): boolean {
  return value === null && barColour({ outcome }, palette) === palette.lineStrong;
}

function drawBand(
  pen: Pen,
  { palette, index, range, edge, left, width, scrolled }: Picture,
  group: LaneGroup,
): void {
  const attempts = [...index.values()].flatMap((rows) =>
    group.slots.includes(rows[0]?.slot ?? '') ? rows : [],
  );
  const shares = busyShares(attempts, group.slots.length, range, edge, width);
  const foot = group.top - scrolled + group.height;
  pen.begin();
  pen.moveTo(left, foot);
  for (const [x, share] of shares.entries()) pen.lineTo(left + x, foot - share * group.height);
  pen.lineTo(left + shares.length, foot);
  pen.close();
  pen.fill(palette.text3, 0.55);
  pen.begin();
  pen.moveTo(left, foot - 0.5);
  pen.lineTo(left + width, foot - 0.5);
  pen.stroke(palette.lineStrong, 1);
}

/** Adds rising diagonal lines, clipped to a rectangle. */
export function hatch(
  pen: Pick<Pen, 'moveTo' | 'lineTo'>,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  // The lines keep their screen position while the rectangle moves.
  for (let d = -height - (((x % HATCH) + HATCH) % HATCH); d < width; d += HATCH) {
    const [from, to] = [Math.max(0, d), Math.min(width, d + height)];
    if (to <= from) continue;
    pen.moveTo(x + from, y + height - (from - d));
    pen.lineTo(x + to, y + height - (to - d));
  }
}
