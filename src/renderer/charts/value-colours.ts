/**
 * Colour scale of values: interpolates five stops of the theme, from worst to best, in a table. All
 * views share it.
 */
import { at } from '../../core/at.ts';

/** Number of shades in the table; neighbouring shades look the same. */
export const SHADES = 48;

export interface ValueColours {
  /**
   * Colour at a position on the value scale, 0 worst to 1 best, clamped; NaN counts as the worst.
   */
  at(unit: number): string;
  /** Index of that colour, 0 to SHADES − 1. */
  shade(unit: number): number;
  readonly shades: readonly string[];
}

/** @param stops `#rrggbb`, at least two */
export function valueColours(stops: readonly string[]): ValueColours {
  const parsed = stops.map(channels);
  const shades = Array.from({ length: SHADES }, (_, i) => {
    const position = (i / (SHADES - 1)) * (parsed.length - 1);
    const from = Math.min(parsed.length - 2, Math.floor(position));
    const [a, b] = [at(parsed, from), at(parsed, from + 1)];
    return `#${a.map((channel, place) => hex(channel + (at(b, place) - channel) * (position - from))).join('')}`;
  });
  const shade = (unit: number): number =>
    unit > 0 ? Math.min(SHADES - 1, Math.round(unit * (SHADES - 1))) : 0;
  return { at: (unit) => at(shades, shade(unit)), shade, shades };
}

/** Text colour with sufficient contrast on a background colour. */
export function onColour(colour: string): string {
  const [r = 0, g = 0, b = 0] = channels(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.18 ? '#08111f' : '#ffffff';
}

function channels(colour: string): [number, number, number] {
  const number = Number.parseInt(colour.trim().slice(1), 16);
  return [(number >> 16) & 255, (number >> 8) & 255, number & 255];
}

function hex(channel: number): string {
  return Math.round(channel).toString(16).padStart(2, '0');
}
