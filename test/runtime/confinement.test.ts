/** Limits of control groups, read from files as Linux, Docker, Kubernetes and Slurm write them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { confinement, wholeCores } from '../../src/runtime/confinement.ts';
import { writeTree } from '../support/file-tree.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

describe('Control groups: limits of this process', () => {
  let folder: TemporaryFolder;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  const limits = (files: Readonly<Record<string, string>>): ReturnType<typeof confinement> => {
    writeTree(folder.path, files);
    return confinement(folder.path);
  };

  it('reads the quota and the memory of a container, whose group is the root', () => {
    const found = limits({
      'proc/self/cgroup': '0::/\n',
      'sys/fs/cgroup/cpu.max': '250000 100000\n',
      'sys/fs/cgroup/memory.max': '4294967296\n',
    });
    expect(found).toEqual({ cores: 2.5, memoryBytes: 2 ** 32 });
  });

  it('takes the least limit of all groups that contain the process', () => {
    const job = 'sys/fs/cgroup/system.slice/slurmstepd.scope/job_7';
    const found = limits({
      'proc/self/cgroup': '0::/system.slice/slurmstepd.scope/job_7/step_batch/user/task_0\n',
      [`${job}/step_batch/user/task_0/cpu.max`]: 'max 100000\n',
      [`${job}/step_batch/cpu.max`]: '800000 100000\n',
      [`${job}/cpu.max`]: '400000 100000\n',
      [`${job}/memory.max`]: '1000000\n',
      [`${job}/step_batch/memory.max`]: 'max\n',
    });
    expect(found).toEqual({ cores: 4, memoryBytes: 1_000_000 });
  });

  it('reads version 1, whose controllers are mounted separately', () => {
    const found = limits({
      'proc/self/cgroup':
        '9:name=systemd:/\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n',
      'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '50000\n',
      'sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n',
      // A container sees its own group as the root of the mount.
      'sys/fs/cgroup/memory/memory.limit_in_bytes': '2097152\n',
    });
    expect(found).toEqual({ cores: 0.5, memoryBytes: 2_097_152 });
  });

  it('reports no limit without control groups or without a quota', () => {
    expect(limits({})).toEqual({ cores: Infinity, memoryBytes: Infinity });
    const unlimited = limits({
      'proc/self/cgroup': '2:cpu:/\n0::/\n',
      'sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu.max': 'max 100000\n',
    });
    expect(unlimited).toEqual({ cores: Infinity, memoryBytes: Infinity });
  });

  it('counts whole cores, and at least one', () => {
    expect(wholeCores(16, Infinity)).toBe(16);
    expect(wholeCores(16, 2.5)).toBe(2);
    expect(wholeCores(2, 8)).toBe(2);
    expect(wholeCores(16, 0.5)).toBe(1);
  });
});
