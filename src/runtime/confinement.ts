/**
 * Cores and memory that control groups leave this process: in a container, a systemd unit or a job
 * of a cluster. Reads version 1 and 2 of control groups; on systems without them nothing is
 * limited.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { posix } from 'node:path';

export interface Confinement {
  /** Processor time per time; Infinity: unlimited. */
  readonly cores: number;
  /** Infinity: unlimited. */
  readonly memoryBytes: number;
}

/** The files that limit a group, by the mounts where they may be. */
interface Limits {
  readonly mounts: readonly string[];
  readonly cores?: (folder: string) => number;
  readonly memory?: (folder: string) => number;
}

/**
 * Returns the least limits of this process's group and of the groups that contain it.
 * @param root folder that `/proc` and `/sys` are in
 */
export function confinement(root = '/'): Confinement {
  let found: Confinement = { cores: Infinity, memoryBytes: Infinity };
  for (const line of textOf(posix.join(root, 'proc/self/cgroup')).split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const { mounts, cores, memory } = limitsOf(controllers);
    for (const mount of mounts) {
      for (const group of upwards(path)) {
        const folder = posix.join(root, 'sys/fs/cgroup', mount, group);
        found = {
          cores: Math.min(found.cores, cores?.(folder) ?? Infinity),
          memoryBytes: Math.min(found.memoryBytes, memory?.(folder) ?? Infinity),
        };
      }
    }
  }
  return found;
}

/** Number of cores that this process may keep busy: by its affinity and its control groups. */
export function availableCores(): number {
  return wholeCores(availableParallelism(), confinement().cores);
}

/** @param quota a fraction of a core is not worth a worker, unless it is all there is */
export function wholeCores(parallelism: number, quota: number): number {
  return Math.max(1, Math.min(parallelism, Math.floor(quota)));
}

function limitsOf(controllers: string): Limits {
  if (controllers === '') {
    return {
      mounts: ['', 'unified'],
      cores: (folder) => {
        const [quota, period] = textOf(posix.join(folder, 'cpu.max')).split(' ').map(Number);
        return ratio(quota, period);
      },
      memory: (folder) => positive(textOf(posix.join(folder, 'memory.max'))),
    };
  }
  const names = controllers.split(',');
  const mounts = [...new Set([controllers, ...names])];
  return {
    mounts,
    ...(names.includes('cpu') && {
      cores: (folder: string) =>
        ratio(
          Number(textOf(posix.join(folder, 'cpu.cfs_quota_us'))),
          Number(textOf(posix.join(folder, 'cpu.cfs_period_us'))),
        ),
    }),
    ...(names.includes('memory') && {
      memory: (folder: string) => positive(textOf(posix.join(folder, 'memory.limit_in_bytes'))),
    }),
  };
}

/** A quota that is absent, `max` or -1 limits nothing. */
function ratio(quota: number | undefined, period: number | undefined): number {
  const cores = Number(quota) / Number(period);
  return cores > 0 ? cores : Infinity;
}

function positive(text: string): number {
  return Number(text) > 0 ? Number(text) : Infinity;
}

/** Returns `/a/b`, `/a` and `/` for `/a/b`. In a container the path may exist outside only. */
function upwards(path: string): readonly string[] {
  const parent = posix.dirname(path);
  return parent === path ? [path] : [path, ...upwards(parent)];
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
