/**
 * Remembers which commands a person has started on this machine. A worker starts no other: a lab
 * file, a window or another machine may name any program, and must not thereby run it here.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandObjective } from '../../protocol/command-objective.ts';

type Started = Pick<CommandObjective, 'command' | 'folder' | 'env' | 'python'>;

function markOf(userFolder: string, { command, folder, env = {}, python }: Started): string {
  const text = JSON.stringify({ command, folder, env: Object.entries(env).sort(), python });
  const name = createHash('sha256').update(text).digest('hex');
  return join(userFolder, 'commands', `${name}.json`);
}

/** @param objective its folder is absolute */
export function permit(userFolder: string, objective: Started): void {
  const mark = markOf(userFolder, objective);
  mkdirSync(join(userFolder, 'commands'), { recursive: true, mode: 0o700 });
  const { command, folder } = objective;
  // For people who look into the folder; only the name counts.
  writeFileSync(mark, `${JSON.stringify({ command, folder }, null, 2)}\n`, { mode: 0o600 });
}

export function isPermitted(userFolder: string, objective: Started): boolean {
  return existsSync(markOf(userFolder, objective));
}
