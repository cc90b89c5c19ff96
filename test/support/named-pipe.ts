/**
 * Named pipes for tests. One stays open and holds some text, so that code that reads it by mistake
 * does not block the test.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, writeFileSync } from 'node:fs';

/** Reason why named pipes are not available here; null: they are. */
export const noNamedPipe =
  spawnSync('mkfifo', ['--version']).error === undefined ? null : 'this machine has no mkfifo';

export interface NamedPipe {
  close(): void;
}

export function namedPipe(path: string): NamedPipe {
  execFileSync('mkfifo', [path]);
  const descriptor = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  writeFileSync(descriptor, 'what another program wrote\n');
  return { close: () => closeSync(descriptor) };
}
