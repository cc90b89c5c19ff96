/**
 * Remembers which commands a person has started on this machine. A worker starts no other: a lab
 * file, a browser or another machine may name any program, and must not thereby run it here.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import type { CommandObjective } from '../../protocol/command-objective.ts';

type Started = Pick<
  CommandObjective,
  'command' | 'folder' | 'env' | 'python' | 'container' | 'config'
>;

function markOf(
  userFolder: string,
  { command, folder, env = {}, python, container, config }: Started,
): string {
  const sorted = Object.entries(env).sort();
  const text = JSON.stringify({ command, folder, env: sorted, python, container, config });
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

/**
 * Returns whether a command of the working folder runs one of these scripts, as its program or as
 * an argument.
 * @param scripts absolute paths that a person has chosen on this machine
 */
export function runsChosen(
  objective: Pick<CommandObjective, 'command' | 'folder' | 'snapshot'>,
  scripts: readonly string[],
): boolean {
  // A snapshot has another copy of the script.
  return objective.snapshot === undefined && chosenScript(objective, scripts) !== null;
}

/**
 * Returns the first of these scripts that a command of the working folder runs; null: none.
 * @param scripts absolute paths
 */
export function chosenScript(
  { command, folder }: Pick<CommandObjective, 'command' | 'folder'>,
  scripts: readonly string[],
): string | null {
  if (!isAbsolute(folder)) return null;
  const named = command.map((argument) =>
    // `train.py:objective` names a function of the script.
    resolve(folder, argument.replaceAll(/([{}])\1/g, '$1').replace(/(\.py):\w+$/, '$1')),
  );
  return named.find((path) => scripts.includes(path)) ?? null;
}

export function isPermitted(userFolder: string, objective: Started): boolean {
  return existsSync(markOf(userFolder, objective));
}
