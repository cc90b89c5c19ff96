/**
 * A real Slurm of one machine for tests: controller, daemon and munge listen on loopback only, on
 * free ports, so that several can run at a time.
 * Needs Debian's packages slurm-wlm and munge, and root.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { availableParallelism, hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isRunning } from '../../src/runtime/process-running.ts';

const PROGRAMS = ['slurmctld', 'slurmd', 'sbatch', 'squeue', 'scancel', 'scontrol', 'munged'];

/** Reason why no Slurm can be started here; null: one can. */
export function whyNoSlurm(): string | null {
  if (process.platform !== 'linux' || userInfo().uid !== 0) return 'needs root on Linux';
  const missing = PROGRAMS.filter(
    (program) => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0,
  );
  return missing.length === 0 ? null : `needs ${missing.join(', ')} (packages slurm-wlm and munge)`;
}

export class RealSlurm {
  readonly #folder: string;
  /** Environment in which the commands of Slurm reach this one. */
  readonly env: Readonly<Record<string, string>>;

  /**
   * Starts it.
   * @param folder exists; contains configuration, state and logs
   * @param cores offered to jobs
   */
  static async start(folder: string, cores: number): Promise<RealSlurm> {
    return new RealSlurm(folder, configuration(folder, cores, await freePorts(2)));
  }

  private constructor(folder: string, text: string) {
    this.#folder = folder;
    const config = join(folder, 'slurm.conf');
    this.env = { SLURM_CONF: config };
    // Munge refuses folders that other users may write to.
    chmodSync(folder, 0o755);
    for (const name of ['state', 'spool', 'log']) mkdirSync(join(folder, name));
    writeFileSync(config, text);
    const socket = this.#startMunge();
    writeFileSync(config, `AuthInfo=socket=${socket}\n`, { flag: 'a' });
    this.run('slurmctld');
    this.run('slurmd');
  }

  /** Runs a command of Slurm, and returns its standard output. */
  run(program: string, ...args: string[]): string {
    const env = { ...process.env, ...this.env };
    return execFileSync(program, args, {
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Returns whether the machine accepts jobs. */
  isIdle(): boolean {
    const env = { ...process.env, ...this.env };
    return spawnSync('sinfo', ['-h'], { env, encoding: 'utf8' }).stdout.includes('idle');
  }

  /** Returns what the controller has logged. */
  log(): string {
    return readFileSync(join(this.#folder, 'log/slurmctld.log'), 'utf8');
  }

  /** Resolves when its daemons have ended. */
  async stop(): Promise<void> {
    for (const name of ['slurmd', 'slurmctld', 'munge/munged']) {
      const file = join(this.#folder, `${name}.pid`);
      const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
      if (pid === 0 || !isRunning(pid)) continue;
      process.kill(pid, 'SIGTERM');
      while (isRunning(pid)) await wait(20);
    }
  }

  /** Returns the socket of a munge of its own, with a key of its own. */
  #startMunge(): string {
    const folder = join(this.#folder, 'munge');
    mkdirSync(folder, { mode: 0o755 });
    const key = join(folder, 'key');
    writeFileSync(key, Buffer.alloc(1024, 'galapagos'), { mode: 0o400 });
    const socket = join(folder, 'socket');
    execFileSync('munged', [
      '--force',
      `--key-file=${key}`,
      `--socket=${socket}`,
      `--pid-file=${join(folder, 'munged.pid')}`,
      `--log-file=${join(folder, 'log')}`,
      `--seed-file=${join(folder, 'seed')}`,
    ]);
    return socket;
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

function configuration(
  folder: string,
  cores: number,
  [controller, daemon]: readonly number[],
): string {
  const host = hostname();
  const real = availableParallelism();
  return `${[
    'ClusterName=lab',
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    `SlurmdPort=${daemon}`,
    'AuthType=auth/munge',
    'SlurmUser=root',
    'SlurmdUser=root',
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd.pid`,
    `SlurmctldLogFile=${folder}/log/slurmctld.log`,
    `SlurmdLogFile=${folder}/log/slurmd.log`,
    'ProctrackType=proctrack/pgid',
    'TaskPlugin=task/none',
    'SelectType=select/cons_tres',
    'SelectTypeParameters=CR_Core',
    // Jobs with a start time begin within a second of it, not within a minute.
    'SchedulerParameters=sched_interval=1',
    'MpiDefault=none',
    'ReturnToService=2',
    // Offers more cores than the machine has: the nodes of the test mostly wait.
    `SlurmdParameters=${cores > real ? 'config_overrides' : ''}`,
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=${cores} State=UNKNOWN`,
    `PartitionName=main Nodes=${host} Default=YES MaxTime=INFINITE State=UP`,
  ].join('\n')}\n`;
}
