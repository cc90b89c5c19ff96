/** How much room there is, and what gives way first. Pure. */

/** Sizes of panes are remembered by it. */
export type WidthClass = 'narrow' | 'medium' | 'wide';

export interface Layout {
  readonly widthClass: WidthClass;
  /** 56 wide: initials and glyphs. */
  readonly railFolded: boolean;
  /** The inspector lies over the main area's right edge and opens by a button. */
  readonly inspectorIsSheet: boolean;
  /** Unless the person said otherwise. */
  readonly stripFolded: boolean;
  /** The parameters below Evolution hide behind a switch. */
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

/** Width of the folded rail. */
export const FOLDED_RAIL = 56;

export function within({ least, most }: Pane, size: number): number {
  return Math.round(Math.min(most, Math.max(least, size)));
}

/** One letter a name, different ones where the names' words allow. */
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
