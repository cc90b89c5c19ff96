/** A number, or the reason why it is unknown. Unknown is never represented by zero. */
export type Figure = number | Unknown;

export class Unknown {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/**
 * Converts figures for the window: null where unknown, with the reasons beside them by the figure's
 * name.
 */
export function withReasons<Name extends string>(
  figures: Readonly<Record<Name, Figure>>,
): { readonly values: Record<Name, number | null>; readonly unknown: Record<string, string> } {
  const values = {} as Record<Name, number | null>;
  const unknown: Record<string, string> = {};
  for (const [name, figure] of Object.entries(figures) as [Name, Figure][]) {
    if (figure instanceof Unknown) unknown[name] = figure.reason;
    values[name] = figure instanceof Unknown ? null : figure;
  }
  return { values, unknown };
}
