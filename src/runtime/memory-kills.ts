/**
 * Number of processes that Linux has killed for lack of memory. A kill by SIGKILL alone does not
 * say why. Other systems, and daemons that kill before memory has run out, do not count their
 * kills.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';

/** `group`: of this process's control group and the groups in it. `machine`: of all processes. */
export type MemoryKillScope = 'group' | 'machine';

const COUNT = /^oom_kill (\d+)$/m;

/**
 * Reads the counter of the control group, or that of the machine where the group has none.
 * @param root folder that `/proc` and `/sys` are in
 * @returns null: the system does not say
 */
export function memoryKills(scope: MemoryKillScope, root = '/'): number | null {
  if (scope === 'group')
    for (const file of groupFiles(root)) {
      const count = countIn(file);
      if (count !== null) return count;
    }
  return countIn(posix.join(root, 'proc/vmstat'));
}

/** Files of the counter by root; the group of a process does not change while it runs. */
const known = new Map<string, readonly string[]>();

function groupFiles(root: string): readonly string[] {
  const before = known.get(root);
  if (before !== undefined) return before;
  const lines = textOf(posix.join(root, 'proc/self/cgroup')).split('\n');
  const found = lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) return [];
    const under = (...names: string[]): string => posix.join(root, 'sys/fs/cgroup', ...names);
    // In a container the path may exist outside only.
    if (controllers === '')
      return ['', 'unified'].flatMap((mount) => [
        under(mount, path, 'memory.events'),
        under(mount, 'memory.events'),
      ]);
    return controllers.split(',').includes('memory')
      ? [under('memory', path, 'memory.oom_control'), under('memory', 'memory.oom_control')]
      : [];
  });
  const readable = found.filter((file) => countIn(file) !== null);
  known.set(root, readable);
  return readable;
}

function countIn(file: string): number | null {
  const found = COUNT.exec(textOf(file))?.[1];
  return found === undefined ? null : Number(found);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
