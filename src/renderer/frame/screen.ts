/** Layout of the window by its size: which parts are folded. Pure. */

/** Class of widths; pane sizes are stored for each class. */
export type WidthClass = 'narrow' | 'medium' | 'wide';

export interface Layout {
  readonly widthClass: WidthClass;
  /** Folded to 56 px: initials and glyphs. */
  readonly railFolded: boolean;
  /** True if the inspector lies over the right edge of the main area and opens by a button. */
  readonly inspectorIsSheet: boolean;
  /** Default while the user has not chosen. */
  readonly stripFolded: boolean;
  /** True if the parameters below Evolution are hidden behind a switch. */
  readonly parametersHidden: boolean;
}

export function layoutFor(width: number, height: number): Layout {
  return {
    widthClass: width < 1180 ? 'narrow' : width < 1600 ? 'medium' : 'wide',
    railFolded: width < 1080,
    inspectorIsSheet: width < 1180,
    stripFolded: height < 720,
    parametersHidden: height < 680,
  };
}

export interface Pane {
  readonly name: 'rail' | 'inspector' | 'strip';
  readonly usual: Readonly<Record<WidthClass, number>>;
  readonly least: number;
  readonly most: number;
}

export const panes = {
  rail: { name: 'rail', usual: { narrow: 208, medium: 208, wide: 240 }, least: 168, most: 360 },
  inspector: {
    name: 'inspector',
    usual: { narrow: 320, medium: 304, wide: 360 },
    least: 264,
    most: 560,
  },
  strip: { name: 'strip', usual: { narrow: 150, medium: 150, wide: 150 }, least: 96, most: 420 },
} as const satisfies Record<string, Pane>;

/** Width of the folded rail, in px. */
export const FOLDED_RAIL = 56;

export function within({ least, most }: Pane, size: number): number {
  return Math.round(Math.min(most, Math.max(least, size)));
}

/** One letter for each name, distinct where the words of the names allow it. */
export function initials(names: readonly string[]): readonly string[] {
  const taken = new Set<string>();
  return names.map((name) => {
    const letters = name
      .split(/[\s,;:_/-]+/)
      .map((word) => word.charAt(0).toUpperCase())
      .filter((letter) => /[\p{L}\p{N}]/u.test(letter));
    const letter = letters.find((candidate) => !taken.has(candidate)) ?? letters[0] ?? '?';
    taken.add(letter);
    return letter;
  });
}
