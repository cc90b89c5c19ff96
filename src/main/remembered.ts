/**
 * Stores window bounds by screen width class and the path of the last lab between starts. A file
 * that cannot be read counts as empty.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

const bounds = z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) });
export type Bounds = z.output<typeof bounds>;

/** Screen width classes, at which the window's layout changes. */
const widthClass = z.enum(['narrow', 'medium', 'wide']);
export type WidthClass = z.output<typeof widthClass>;

const place = z.object({ bounds, maximised: z.boolean() });
export type Place = z.output<typeof place>;

const remembered = z.object({
  format: z.literal('galapagos-window/1'),
  places: z.partialRecord(widthClass, place).catch({}),
  /** Absolute path of the last lab; null for the user's default lab. */
  lab: z.string().nullable().catch(null),
  /** Port at which the lab was shared when the app quit; null: it was not shared. */
  share: z.int().min(1).max(65_535).nullable().catch(null),
});
export type Remembered = z.output<typeof remembered>;

const NOTHING: Remembered = { format: 'galapagos-window/1', places: {}, lab: null, share: null };

/** @param width of the usable screen area, in device-independent pixels */
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

/** Replaces the file atomically. Ignores write errors: the contents are a convenience. */
export function remember(file: string, what: Remembered): void {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, `${JSON.stringify(what, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  } catch {
    // Ignored, see above.
  }
}

/**
 * Bounds of a new window: the remembered ones while they are on the screen, otherwise the default
 * size at a position that the system chooses.
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
