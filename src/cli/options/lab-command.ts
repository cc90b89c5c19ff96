/**
 * Options of the commands that read a lab file, and the reader that is opened and closed around
 * them.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { LabReader } from '../../storage/lab-reader.ts';
import type { Context } from '../process/context.ts';
import { text } from './arguments.ts';

export interface LabOptions {
  readonly lab: string;
  readonly json?: boolean;
}

/** Adds `--lab` and `--json`. */
export function labCommand(
  program: Command,
  name: string,
  description: string,
  json = 'print one JSON document',
): Command {
  return program
    .command(name)
    .description(description)
    .option('--lab <file>', 'the lab file', text, 'lab.db')
    .option('--json', json);
}

/**
 * Reads a lab file, also during a run, without changing it. @throws StorageError that names the
 * kind of file it is instead
 */
export async function withLab<T>(
  { streams }: Context,
  lab: string,
  read: (reader: LabReader) => T | Promise<T>,
): Promise<T> {
  // Loaded on demand: loading the native library would slow down every other command.
  const { readLab } = await import('../../storage/read-lab.ts');
  const reader = readLab(resolve(streams.cwd, lab));
  try {
    return await read(reader);
  } finally {
    reader.close();
  }
}
