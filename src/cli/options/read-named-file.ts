/** Reads a file that an argument of the command line names. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../process/context.ts';
import { UsageError } from '../process/exit-codes.ts';

/**
 * @param named relative to the folder in which the command was started
 * @param called the file's name in the error
 * @throws UsageError that it cannot be read
 */
export function readNamedFile({ streams }: Context, named: string, called = named): string {
  try {
    return readFileSync(resolve(streams.cwd, named), 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`cannot read ${called}: ${reason}`);
  }
}
