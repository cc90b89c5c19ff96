/**
 * A lab shared on loopback: a host and a node, each with its own user folder, as real processes.
 */
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readLab } from '../../src/storage/read-lab.ts';
import { built, start } from '../support/built-command.ts';
import { checkLab } from '../support/check-lab.ts';
import { Programs } from '../support/json-program.ts';
import type { Line, Program } from '../support/json-program.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built, 300_000);

/** Trials that the host finishes alone at the end of a test; more than are proposed ahead. */
const MORE_TRIALS = 20;

/** A TCP port that leads to another one, until it is cut. */
class Cable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(to: () => number) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        near.destroy();
        return;
      }
      const far = connect(to(), '127.0.0.1');
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
  }

  static async open(to: () => number): Promise<Cable> {
    const cable = new Cable(to);
    await new Promise<void>((resolve) => cable.#server.listen(0, '127.0.0.1', resolve));
    return cable;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  mend(): void {
    this.#isCut = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}

let folder: TemporaryFolder;
let programs: Programs;
beforeEach(() => {
  programs = new Programs();
  ({ folder } = programs);
});
afterEach(() => programs.close());

function host(...more: string[]): Program {
  const args = ['run', './study.json', '--workers', '1', '--share', '--lab', 'lab.db', ...more];
  return programs.launch(args, 'host');
}

function node(...more: string[]): Program {
  return programs.launch(['node', '--workers', '2', ...more], 'node');
}

/** A node that answers with wrong values. */
function lyingNode(...more: string[]): Program {
  const preload = new URL('../support/lying-node.mjs', import.meta.url).href;
  return programs.launch(['node', '--workers', '2', ...more], 'node', {
    NODE_OPTIONS: `--import ${preload}`,
    LYING_ZEROMQ: createRequire(import.meta.url).resolve('zeromq'),
  });
}

/** Executes a command of the host to its end. */
async function atHost(...args: string[]): Promise<string> {
  const env = { GALAPAGOS_HOME: folder.file('host') };
  const { code, stdout, stderr } = await start(args, folder.path, undefined, env).ended;
  expect(code, stderr).toBe(0);
  return stdout;
}

/** Writes a study that a test ends by `finishedOnce`, so that no process can be too late for it. */
function endlessStudy(more: Line = {}): void {
  const parameter = { type: 'float', low: -5, high: 5 };
  writeFileSync(
    folder.file('study.json'),
    JSON.stringify({
      format: 'galapagos-study/1',
      name: 'shared',
      objective: { kind: 'synthetic', function: 'sphere', durationMs: 100 },
      direction: 'minimize',
      searchSpace: { x: parameter, y: parameter },
      sampler: { name: 'random' },
      stop: { trials: 100_000 },
      seed: 1,
      ...more,
    }),
  );
}

/** Numbers of ended trials by the machine that ended them. */
function endsByNode(program: Program): { local: number; remote: number } {
  const slots = program.all('trialEnded').map(({ slot }) => String(slot));
  const local = slots.filter((slot) => slot.startsWith('local/')).length;
  return { local, remote: slots.length - local };
}

/** Waits until the node has ended this many trials. */
async function remoteEnds(program: Program, count: number): Promise<void> {
  await expect
    .poll(() => endsByNode(program).remote, { timeout: 120_000 })
    .toBeGreaterThanOrEqual(count);
}

/**
 * Pauses the study that the last program runs, and lets the host finish it alone.
 * @returns how often the programs reported the end of each trial, and the states in the lab file
 */
async function finished(reporting: readonly Program[]): Promise<{
  readonly shown: readonly number[];
  readonly states: readonly string[];
}> {
  const running = reporting.at(-1);
  running?.kill('SIGINT');
  expect(await running?.exitCode()).toBe(130);
  const started = reporting.flatMap((each) => each.all('trialStarted'));
  const trials = Math.max(...started.map(({ trial }) => Number(trial))) + MORE_TRIALS;
  const resumed = ['--resume', '--trials', String(trials)];
  const args = ['run', './study.json', '--workers', '1', '--lab', 'lab.db', ...resumed];
  const last = programs.launch(args, 'host');
  expect(await last.exitCode()).toBe(0);
  expect(checkLab(folder.file('lab.db'), 'shared')).toEqual([]);
  const ends = [...reporting, last].flatMap((each) => each.all('trialEnded'));
  const shown = Array.from({ length: trials }, () => 0);
  for (const { trial } of ends) shown[Number(trial)] = (shown[Number(trial)] ?? 0) + 1;
  const reader = readLab(folder.file('lab.db'));
  const states = [...reader.trials('shared')].map(({ state }) => state);
  reader.close();
  return { shown, states };
}

/** Expects that the study can be finished, and that each trial was shown as ended once. */
async function finishedOnce(...reporting: readonly Program[]): Promise<void> {
  const { shown, states } = await finished(reporting);
  expect(new Set(states)).toEqual(new Set(['complete']));
  expect(shown).toEqual(states.map(() => 1));
}

describe('A shared lab: a second machine', () => {
  it('joins by the printed invitation, evaluates trials, and leaves when it is terminated', async () => {
    endlessStudy();
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    const joined = node('--join', String(invitation));
    await joined.next('connected');
    await remoteEnds(running, 1);
    await expect.poll(() => endsByNode(running).local, { timeout: 120_000 }).toBeGreaterThan(0);
    await finishedOnce(running);
    await joined.next('disconnected', { reason: 'shutdown' });
    joined.kill('SIGTERM');
    expect(await joined.exitCode()).toBe(0);
    expect(joined.lines.at(-1)).toMatchObject({ event: 'left', reason: 'left' });
  });

  it('is paused, with the reason, when it gives values that this machine contradicts', async () => {
    endlessStudy({ audit: 2 });
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    lyingNode('--join', String(invitation));
    const notes = (): string[] => running.all('node').map(({ text }) => String(text));
    const isPaused = (): boolean => notes().some((text) => text.endsWith('is paused'));
    await expect.poll(isPaused, { timeout: 120_000 }).toBe(true);
    const before = endsByNode(running).local;
    await expect
      .poll(() => endsByNode(running).local, { timeout: 120_000 })
      .toBeGreaterThan(before);
    // Not finished here, because the host alone waits half a minute for a machine that audits.
    running.kill('SIGINT');
    expect(await running.exitCode()).toBe(130);
    const numbers = running.all('trialEnded').map(({ trial }) => trial);
    expect(numbers).toEqual([...new Set(numbers)]);
    expect(checkLab(folder.file('lab.db'), 'shared')).toEqual([]);
    const wrong = notes().flatMap((text) => /evaluated trial (\d+) to/.exec(text)?.[1] ?? []);
    expect(wrong.length).toBeGreaterThanOrEqual(3);
    const { nodes } = JSON.parse(await atHost('nodes', '--json')) as { nodes: Line[] };
    expect(nodes).toMatchObject([{ wished: 'paused', refusals: [{ reason: 'pausedByHost' }] }]);
    const story = await atHost('story', 'shared', wrong[0] ?? '', '--lab', 'lab.db');
    expect(story).toMatch(/Evaluated again on .+; \S+ instead of \S+\./);
  });

  it('finishes its running trials before it leaves', async () => {
    endlessStudy();
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    const joined = node('--join', String(invitation));
    await remoteEnds(running, 2);
    joined.kill('SIGTERM');
    expect(await joined.exitCode()).toBe(0);
    await finishedOnce(running);
    const back = running.all('trialBack').map(({ slot }) => String(slot));
    expect(back.filter((slot) => !slot.startsWith('local/'))).toEqual([]);
  });

  it('is killed and comes back, and no trial is lost or counted twice', async () => {
    endlessStudy();
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    const killed = node('--join', String(invitation));
    await remoteEnds(running, 2);
    killed.kill('SIGKILL');
    await killed.exitCode();
    const before = endsByNode(running).remote;
    const again = node();
    await again.next('connected');
    await remoteEnds(running, before + 2);
    await finishedOnce(running);
  });

  it('goes on when the host is killed and started again', async () => {
    endlessStudy();
    const killed = host('--lab-port', '0');
    const { invitation, port } = await killed.next('shared');
    const joined = node('--join', String(invitation));
    await remoteEnds(killed, 2);
    killed.kill('SIGKILL');
    await killed.exitCode();
    const again = host('--lab-port', String(port), '--resume');
    await remoteEnds(again, 2);
    expect(joined.all('connected').length).toBeGreaterThanOrEqual(2);
    const { shown, states } = await finished([killed, again]);
    expect(new Set(states)).toEqual(new Set(['complete']));
    // The kill may have come between a trial's end and its line.
    expect(shown.filter((count) => count > 1)).toEqual([]);
  });

  it('keeps its running trials while its cable is cut for three seconds', async () => {
    endlessStudy();
    const running = host('--lab-port', '0');
    const { port } = await running.next('shared');
    const cable = await Cable.open(() => Number(port));
    try {
      const invited = await atHost('invite', '--address', `127.0.0.1:${cable.port}`, '--json');
      const { invitation } = JSON.parse(invited) as { invitation: string };
      const joined = node('--join', invitation);
      await remoteEnds(running, 2);
      cable.cut();
      await joined.next('disconnected');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const before = endsByNode(running).remote;
      cable.mend();
      await remoteEnds(running, before + 2);
      expect(joined.all('connected').length).toBeGreaterThanOrEqual(2);
      await finishedOnce(running);
    } finally {
      cable.close();
    }
  });

  it('is paused, resumed and removed by commands beside the running study', async () => {
    endlessStudy();
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    const joined = node('--join', String(invitation), '--name', 'PIXEL');
    await remoteEnds(running, 2);
    const listed = (): Promise<Line[]> =>
      atHost('nodes', '--json').then((text) => (JSON.parse(text) as { nodes: Line[] }).nodes);
    await expect.poll(listed).toMatchObject([{ name: 'PIXEL', presence: 'present', mode: 'open' }]);
    await atHost('nodes', 'pause', 'PIXEL');
    await expect.poll(listed).toMatchObject([{ name: 'PIXEL', mode: 'paused' }]);
    await atHost('nodes', 'resume', 'pixel');
    const before = endsByNode(running).remote;
    await remoteEnds(running, before + 2);
    await atHost('nodes', 'remove', 'PIXEL');
    expect(await joined.exitCode()).toBe(3);
    expect(joined.lines.at(-1)).toMatchObject({ event: 'left', reason: 'removed' });
    const stranger = node();
    expect(await stranger.exitCode()).toBe(3);
    running.kill('SIGINT');
    await running.exitCode();
  });
});
