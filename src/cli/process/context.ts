/** Context that every command receives. */
import { withoutReordering } from '../../core/hidden-characters.ts';
import type { Screen } from '../display/terminal.ts';
import type { ExitCode } from './exit-codes.ts';

/** The parts of its process that a command may use, so that tests can replace them. */
export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Screen & { readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
}

export interface Context {
  readonly streams: Streams;
  /** The absolute path of `resources/`. */
  readonly resources: string;
  /** The absolute path of this user's folder; it need not exist. */
  readonly userFolder: string;
  /** Sets the exit code of a command that fails without throwing. */
  readonly exitWith: (code: ExitCode) => void;
}

/** Writes lines to stdout; escapes characters that would reorder a line. */
export function print({ streams }: Pick<Context, 'streams'>, lines: readonly string[]): void {
  for (const line of lines) streams.stdout.write(`${withoutReordering(line)}\n`);
}

/** Writes one JSON document, or one line of several, to stdout. */
export function printJson(context: Pick<Context, 'streams'>, value: unknown): void {
  print(context, [JSON.stringify(value)]);
}

/** Number of columns for text; Infinity where stdout is no terminal. */
export function widthOf({ streams: { stdout } }: Pick<Context, 'streams'>): number {
  return stdout.isTTY === true ? stdout.columns || 80 : Infinity;
}
