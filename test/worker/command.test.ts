/** Tests that no program outlives its worker, however the worker ends. */
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkerProcesses } from '../../src/node/workers/worker-processes.ts';
import type { WorkerExit } from '../../src/node/workers/worker-processes.ts';
import { permit } from '../../src/objectives/command/permission.ts';
import {
  attemptsWithOutput,
  outputFolder,
  readOutput,
} from '../../src/objectives/command/output/output-log.ts';
import { commandObjective } from '../../src/protocol/command-objective.ts';
import { size } from '../support/effort.ts';
import { Inbox } from '../support/inbox.ts';
import { ScriptedCoordinator, uid } from '../support/scripted-coordinator.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';
import { gone, isAlive, workerCommand } from '../support/worker-command.ts';
import { noShell, skipIf } from '../support/platform.ts';

describe('Worker: programs of commands', () => {
  beforeEach((context) => skipIf(noShell, context));

  let folder: TemporaryFolder;
  let coordinator: ScriptedCoordinator;
  let exits: Inbox<WorkerExit>;
  let workers: WorkerProcesses;

  beforeEach(async () => {
    folder = temporaryFolder();
    coordinator = await ScriptedCoordinator.bind();
    exits = new Inbox();
    const { controlEndpoint, token } = coordinator.transport;
    workers = new WorkerProcesses({
      ...workerCommand,
      userFolder: folder.path,
      controlEndpoint,
      token,
      onExit: exits.put,
    });
  });
  afterEach(async () => {
    await workers.close(0);
    await coordinator.close();
    folder.remove();
  });

  /** A program, its child and its grandchild, which ignore every signal that can be ignored. */
  const STUBBORN = `
    trap '' TERM HUP INT
    echo $$ >> pids
    sh -c 'trap "" TERM HUP INT; echo $$ >> pids
           (trap "" TERM HUP INT; echo $(exec sh -c "echo \\$PPID") >> pids; exec sleep 1000) >/dev/null 2>&1 &
           while :; do sleep 0.1; done' &
    while :; do sleep 0.1; done`;

  function objective(script: string): object {
    const command = ['sh', '-c', script.replaceAll(/[{}]/g, '$&$&')];
    const parsed = commandObjective.parse({ kind: 'command', command, folder: folder.path });
    permit(folder.path, parsed);
    return parsed;
  }

  const pids = (): number[] => {
    try {
      return readFileSync(join(folder.path, 'pids'), 'utf8').trim().split('\n').map(Number);
    } catch {
      return [];
    }
  };

  async function running(incarnation: string): Promise<number[]> {
    rmSync(join(folder.path, 'pids'), { force: true });
    workers.spawn('local/cpu/0', incarnation, 0);
    const from = coordinator.messages.all.length;
    const session = await coordinator.welcome(await coordinator.hello(from));
    coordinator.study(session, objective(STUBBORN));
    coordinator.cohort(session, 0);
    await expect.poll(() => pids().length).toBe(3);
    return pids();
  }

  it('end when the worker is killed by SIGKILL, with children and grandchildren that ignore signals', async () => {
    const left = await running('1.1');
    expect(left.every(isAlive)).toBe(true);
    process.kill(workers.running[0]?.pid ?? 0, 'SIGKILL');
    for (const pid of left) await gone(pid, 60_000);
    await expect.poll(() => readdirSync(join(folder.path, 'runs'))).toEqual([]);
  });

  it('end when their supervisor kills the worker’s group, and when it closes', async () => {
    const left = await running('1.1');
    workers.kill('local/cpu/0', '1.1', 0);
    for (const pid of left) await gone(pid, 60_000);
    await exits.count(1);
    const again = await running('1.2');
    await workers.close(60_000);
    for (const pid of again) await gone(pid, 60_000);
  });

  it('end when the worker is killed at any moment of their start', async () => {
    const script = objective('echo $$ >> started; exec sleep 1000');
    const begin = async (incarnation: string): Promise<void> => {
      workers.spawn('local/cpu/0', incarnation, 0);
      const from = coordinator.messages.all.length;
      const session = await coordinator.welcome(await coordinator.hello(from));
      coordinator.study(session, script);
      coordinator.cohort(session, 0);
    };
    const started = (): number[] => {
      const file = join(folder.path, 'started');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
    };
    const rounds = size(12, 200);
    for (let round = 0; round < rounds; round++) {
      await begin(`2.${round + 1}`);
      const pid = workers.running[0]?.pid ?? 0;
      // Spread over the time that a start takes.
      const due = performance.now() + ((round * 37) % 151);
      while (performance.now() < due) await new Promise((resolve) => setImmediate(resolve));
      process.kill(pid, 'SIGKILL');
      await exits.count(round + 1);
    }
    // A program of a killed worker that runs on has written its id before one that starts now.
    const before = started().length;
    await begin('3.1');
    await expect.poll(() => started().length).toBeGreaterThan(before);
    const [own, ...others] = started().reverse();
    expect(own).toBeDefined();
    for (const pid of others) await gone(pid, 60_000);
  });

  it('write 200 MB within the limit of their output and without filling the worker’s memory', async () => {
    workers.spawn('local/cpu/0', '1.1', 0);
    const session = await coordinator.welcome(await coordinator.hello());
    const script = `head -c ${size(200, 2_000)}000000 /dev/zero | tr '\\0' 'x'; echo; echo '{"result": 3}' >> "$GALAPAGOS_REPORTS"`;
    coordinator.study(session, objective(script));
    coordinator.cohort(session, 0);
    const { result } = await coordinator.result(0, 0, 120_000);
    expect(result).toMatchObject({ outcome: 'succeeded', value: 3 });
    const output = outputFolder(folder.path, uid, 0);
    expect(attemptsWithOutput(output)).toEqual([1]);
    const parts = readOutput(output, 1);
    const kept = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(kept).toBeGreaterThan(9e6);
    expect(kept).toBeLessThanOrEqual(10e6);
    expect(parts.at(-1)?.end).toBe(size(200e6, 2_000e6) + 1);
    const beats = coordinator.messages.all.filter((message) => message.type === 'beat');
    expect(Math.max(...beats.map(({ rssBytes }) => rssBytes))).toBeLessThan(300 * 2 ** 20);
  });
});
