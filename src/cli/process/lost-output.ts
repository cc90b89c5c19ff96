/**
 * Handles a standard output that can no longer be written: its reader has exited (`| head`), or its
 * disk is full. Commands that must end in order listen; all others end at once.
 */
import { EXIT } from './exit-codes.ts';
import type { ExitCode } from './exit-codes.ts';

interface Output {
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

const listeners = new Set<() => void>();
let code: ExitCode | null = null;

/**
 * Exit code of a command whose output was lost; null: it was not. A reader that has exited is no
 * failure.
 */
export function lostOutputCode(): ExitCode | null {
  return code;
}

/** Call once. Reports on `stderr` why output is lost, unless its reader has exited. */
export function watchOutput(stdout: Output, stderr: { write(text: string): unknown }): void {
  stdout.on('error', (error) => {
    if (code !== null) return;
    code = error.code === 'EPIPE' ? EXIT.done : EXIT.failed;
    if (code !== EXIT.done)
      stderr.write(`galapagos: cannot write to standard output: ${error.message}\n`);
    if (listeners.size === 0) process.exit(code);
    for (const listener of listeners) listener();
  });
}

/**
 * Keeps the process alive when its output is lost, and calls `lost`. @returns a function that stops
 * listening
 */
export function onOutputLost(lost: () => void): () => void {
  listeners.add(lost);
  return () => listeners.delete(lost);
}
