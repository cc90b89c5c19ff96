/** The parts of its process that a command may use, so that tests can replace them. */
import type { Screen } from '../display/terminal.ts';

export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string>;
  readonly stdout: Screen & { readonly isTTY?: boolean };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
}
