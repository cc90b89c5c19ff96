/**
 * What the app remembers from one start to the next: the window's place by class of screen, and the
 * lab that was open. A file that cannot be read is as good as none.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const bounds = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });
export type Bounds = z.output<typeof bounds>;

/** Widths at which the window's frame changes. */
const widthClass = z.enum(['narrow', 'medium', 'wide']);
export type WidthClass = z.output<typeof widthClass>;

const place = z.object({ bounds, maximised: z.boolean() });
export type Place = z.output<typeof place>;

const remembered = z.object({
  format: z.literal('galapagos-window/1'),
  places: z.partialRecord(widthClass, place).catch({}),
  /** Absolute path; null: the user's own. */
  lab: z.string().nullable().catch(null),
});
export type Remembered = z.output<typeof remembered>;

const NOTHING: Remembered = { format: 'galapagos-window/1', places: {}, lab: null };

/** @param width of the screen's usable area, in pixels that do not depend on its density */
export function widthClassOf(width: number): WidthClass {
  if (width < 1600) return 'narrow';
  return width < 2200 ? 'medium' : 'wide';
}

export function recall(file: string): Remembered {
  try {
    return remembered.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return NOTHING;
  }
}

/** Replaces the file whole. What cannot be written is forgotten: it is a convenience. */
export function remember(file: string, what: Remembered): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, `${JSON.stringify(what, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  } catch {
    // As said above.
  }
}

/**
 * Where a window goes: as remembered if it is still on the screen, else of a usual size and the
 * system's choice of place.
 */
export function boundsFor(
  place: Place | undefined,
  screen: Bounds,
): Partial<Bounds> & { width: number; height: number } {
  const width = Math.min(1280, screen.width);
  const height = Math.min(800, screen.height);
  if (place === undefined) return { width, height };
  const { bounds: kept } = place;
  const inside =
    kept.x >= screen.x - kept.width / 2 &&
    kept.y >= screen.y &&
    kept.x + kept.width / 2 <= screen.x + screen.width &&
    kept.y + 40 <= screen.y + screen.height;
  return inside
    ? kept
    : { width: Math.min(kept.width, screen.width), height: Math.min(kept.height, screen.height) };
}
