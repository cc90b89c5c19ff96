/** Nodes of a shared lab as the tasks of an array of a real Slurm, on loopback. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from '../support/built-command.ts';
import type { Command } from '../support/built-command.ts';
import { EventCommand } from '../support/lab-commands.ts';
import type { PrintedEvent } from '../support/lab-commands.ts';
import { skipIf } from '../support/platform.ts';
import { RealSlurm, whyNoSlurm } from '../support/real-slurm.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

const TRIALS = 120;
/** Milliseconds after which a step of the test counts as hung. */
const HUNG_MS = 150_000;

describe('Shared lab: Slurm', () => {
  let folder: TemporaryFolder;
  let slurm: RealSlurm | undefined;
  const commands: EventCommand[] = [];
  beforeEach(async (context) => {
    skipIf(whyNoSlurm(), context);
    await built();
    folder = temporaryFolder();
    slurm = await RealSlurm.start(folder.path, 4);
    await expect.poll(() => slurm?.isIdle()).toBe(true);
  });
  afterEach(async () => {
    for (const { process } of commands.splice(0)) {
      process.process.kill('SIGKILL');
      await process.ended;
    }
    if (slurm === undefined) return;
    await slurm.stop();
    slurm = undefined;
    folder.remove();
  });

  function run(...args: string[]): EventCommand {
    const env = { ...slurm?.env, GALAPAGOS_HOME: folder.file('home'), TMPDIR: folder.path };
    const command = new EventCommand((line) => asHostProcess(start(args, folder.path, line, env)));
    commands.push(command);
    return command;
  }

  /** @throws Error that says what Slurm and the nodes did meanwhile, if the step hangs */
  async function step<T>(what: string, done: Promise<T>): Promise<T> {
    const watch = new AbortController();
    const hung = wait(HUNG_MS, undefined, { signal: watch.signal }).then(() => {
      throw new Error(`${what}: not within ${HUNG_MS / 1_000} s; ${situation()}`);
    });
    try {
      return await Promise.race([done, hung]);
    } finally {
      watch.abort();
      await hung.catch(() => undefined);
    }
  }

  function situation(): string {
    const queue = slurm?.run('squeue', '--noheader', '--format=%i %T %r').trim().split('\n') ?? [];
    const nodes = [1, 2, 3]
      .map((task) => folder.file(`${task}.out`))
      .map((file) => (existsSync(file) ? readFileSync(file, 'utf8').slice(-300) : 'no output'));
    const events = commands.map((command) => JSON.stringify(command.events.at(-1)));
    return JSON.stringify({ queue, controller: slurm?.log().slice(-1_000), nodes, events });
  }

  it('joins, drains on a warning, is requeued, and ends with the study', async () => {
    if (slurm === undefined) throw new Error('Slurm does not run');
    const study = folder.file('study.json');
    writeFileSync(study, JSON.stringify(studyFile));
    const share = ['--share', '--lab-port', '0', '--workers', '0'];
    const host = run('run', study, ...share, '--json');
    await step(
      'the lab is shared',
      host.until(({ event }) => event === 'shared'),
    );
    const address = ['--address', '127.0.0.1'];
    const options = ['--cpus-per-task=1', `--output=${folder.file('%a.out')}`];
    const cluster = run('cluster', 'slurm', '--nodes', '3', ...address, '--json', '--', ...options);
    const submitted = cluster.until(({ event }) => event === 'submitted');
    const job = String((await step('the array is submitted', submitted))['job']);

    const seen = nodesOf(host.events);
    await step(
      'three nodes join',
      host.until((event) => seen(event).size === 3),
    );
    // The other nodes wait, so that trials are left for the requeued one.
    for (const task of [2, 3]) slurm.run('scancel', '--signal=STOP', '--batch', `${job}_${task}`);
    slurm.run('scancel', '--signal=TERM', '--batch', `${job}_1`);
    const left = (event: PrintedEvent): boolean => stateOf(event, `${job}_1`) === null;
    await step('the warned node drains', cluster.until(left, cluster.events.length));
    slurm.run('scontrol', 'requeue', `${job}_1`);
    // Slurm lets requeued jobs wait for two minutes. A credential issued in the second in which
    // the one before was revoked counts as revoked too, and the task fails.
    slurm.run('scontrol', 'update', `JobId=${job}_1`, 'StartTime=now+2');
    await step(
      'the requeued node joins',
      host.until((event) => seen(event).size === 4),
    );
    for (const task of [2, 3]) slurm.run('scancel', '--signal=CONT', '--batch', `${job}_${task}`);

    const finished = host.until(({ event }) => event === 'finished');
    const end = await step('the study finishes', finished);
    expect(end).toMatchObject({ complete: TRIALS, failed: 0 });
    const cancelled = ({ event, reason }: PrintedEvent): boolean =>
      event === 'cancelled' && reason === 'study';
    await step('the array is cancelled', cluster.until(cancelled));
    expect((await step('the command ends', cluster.process.ended)).code).toBe(0);
    expect((await step('the host ends', host.process.ended)).code).toBe(0);
    await expect.poll(() => slurm?.run('squeue', '--noheader')).toBe('');
    const reader = readLab(folder.file('lab.db'));
    const attempts = reader.attempts({ study: null, before: Date.now(), since: 0, most: 1e6 });
    reader.close();
    expect(attempts.filter(({ outcome }) => outcome === 'succeeded')).toHaveLength(TRIALS);
  });
});

const studyFile = {
  format: 'galapagos-study/1',
  name: 'points',
  objective: { kind: 'synthetic', function: 'sphere', durationMs: 300 },
  direction: 'minimize',
  searchSpace: { x: { type: 'float', low: -5, high: 5 } },
  sampler: { name: 'random' },
  stop: { trials: TRIALS },
  seed: 1,
};

/** Returns a function that collects the nodes on which trials have started. */
function nodesOf(events: readonly PrintedEvent[]): (event: PrintedEvent) => ReadonlySet<string> {
  return (latest) => {
    const started = events
      .slice(0, events.indexOf(latest) + 1)
      .filter(({ event }) => event === 'trialStarted');
    return new Set(started.map(({ slot }) => String(slot).split('/')[0] ?? ''));
  };
}

/** Returns the state of a task in an event with tasks; null: it is not among them. */
function stateOf({ event, tasks }: PrintedEvent, id: string): string | null | undefined {
  if (event !== 'tasks') return undefined;
  const listed = tasks as readonly { readonly id: string; readonly state: string }[];
  return listed.find((task) => task.id === id)?.state ?? null;
}

function asHostProcess({ process, ended }: Command): EventCommand['process'] {
  return {
    process,
    ended,
    signal: (signal) => {
      process.kill(signal);
      return Promise.resolve();
    },
  };
}
