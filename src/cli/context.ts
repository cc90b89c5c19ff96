/** What every command is given. */
import { withoutReordering } from '../core/hidden-characters.ts';
import type { ExitCode } from './exit-codes.ts';
import type { Streams } from './streams.ts';

export interface Context {
  readonly streams: Streams;
  /** The absolute path of `resources/`. */
  readonly resources: string;
  /** The absolute path of this user's folder; it need not exist. */
  readonly userFolder: string;
  /** For commands that do not throw and yet did not succeed. */
  readonly exitWith: (code: ExitCode) => void;
}

/** Writes lines to stdout; characters that would reorder a line are shown escaped. */
export function print({ streams }: Pick<Context, 'streams'>, lines: readonly string[]): void {
  for (const line of lines) streams.stdout.write(`${withoutReordering(line)}\n`);
}

/** Writes one JSON document, or one line of many, to stdout. */
export function printJson(context: Pick<Context, 'streams'>, value: unknown): void {
  print(context, [JSON.stringify(value)]);
}

/** Columns that text may take; Infinity where stdout is no terminal. */
export function widthOf({ streams: { stdout } }: Pick<Context, 'streams'>): number {
  return stdout.isTTY === true ? stdout.columns || 80 : Infinity;
}
