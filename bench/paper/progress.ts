/**
 * Progress of a paper benchmark on stderr: one changing line on a terminal, one line for each
 * search elsewhere.
 */

export interface Progress {
  /** @param before values of trials that ended in an earlier run */
  begin(
    what: string,
    of: number | null,
    before: readonly { readonly value: number | null }[],
  ): void;
  trial(value: number): void;
  end(): void;
}

type Stream = Pick<NodeJS.WriteStream, 'write' | 'isTTY'>;

/** Accuracies are fractions; other values are printed unchanged. */
export function progressOn(stream: Stream): Progress {
  let name = '';
  let trials = '';
  let done = 0;
  let best = -Infinity;
  const line = (): string =>
    `${name}: ${done}${trials} trials${Number.isFinite(best) ? `, best ${(100 * best).toFixed(2)} %` : ''}`;
  const redraw = (): void => {
    if (stream.isTTY) stream.write(`\r\u001b[2K${line()}`);
  };
  return {
    begin(what, of, before) {
      name = what;
      trials = of === null ? '' : ` of ${of}`;
      done = before.length;
      best = Math.max(-Infinity, ...before.map(({ value }) => value ?? -Infinity));
      redraw();
    },
    trial(value) {
      done += 1;
      if (value > best) best = value;
      redraw();
    },
    end() {
      stream.write(stream.isTTY ? `\r\u001b[2K${line()}\n` : `${line()}\n`);
    },
  };
}
