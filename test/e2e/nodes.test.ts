/** A lab shared on loopback: a host and a node, each with its own user folder, as real processes. */
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { writeFileSync } from 'node:fs';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { built, start } from '../support/built-command.ts';
import { checkLab } from '../support/check-lab.ts';
import { Programs } from '../support/json-program.ts';
import type { Line, Program } from '../support/json-program.ts';
import type { TemporaryFolder } from '../support/temporary-folder.ts';

beforeAll(built, 300_000);

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

function study(trials: number, ms: number, more: Line = {}): void {
  const parameter = { type: 'float', low: -5, high: 5 };
  writeFileSync(
    folder.file('study.json'),
    JSON.stringify({
      format: 'galapagos-study/1',
      name: 'shared',
      objective: { kind: 'synthetic', function: 'sphere', durationMs: ms },
      direction: 'minimize',
      searchSpace: { x: parameter, y: parameter },
      sampler: { name: 'random' },
      stop: { trials },
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

/** Expects a finished study with each trial ended once. */
async function finishedOnce(programs: readonly Program[], trials: number): Promise<void> {
  expect(await programs.at(-1)?.exitCode()).toBe(0);
  const numbers = programs.flatMap((each) => each.all('trialEnded').map(({ trial }) => trial));
  expect(new Set(numbers).size).toBe(trials);
  expect(numbers).toHaveLength(trials);
  expect(checkLab(folder.file('lab.db'), 'shared')).toEqual([]);
}

describe('A shared lab: a second machine', () => {
  it('joins by the printed invitation, evaluates trials, and leaves when it is terminated', async () => {
    study(300, 100);
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    const joined = node('--join', String(invitation));
    await joined.next('connected');
    await finishedOnce([running], 300);
    const { local, remote } = endsByNode(running);
    expect(local).toBeGreaterThan(0);
    expect(remote).toBeGreaterThan(0);
    await joined.next('disconnected', { reason: 'shutdown' });
    joined.kill('SIGTERM');
    expect(await joined.exitCode()).toBe(0);
    expect(joined.lines.at(-1)).toMatchObject({ event: 'left', reason: 'left' });
  });

  it('is paused, with the reason, when it gives values that this machine contradicts', async () => {
    study(200, 200, { audit: 2 });
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    lyingNode('--join', String(invitation));
    await finishedOnce([running], 200);
    const notes = running.all('node').map(({ text }) => String(text));
    const wrong = notes.flatMap((text) => /evaluated trial (\d+) to/.exec(text)?.[1] ?? []);
    expect(wrong.length).toBeGreaterThanOrEqual(3);
    expect(notes.some((text) => text.endsWith('is paused'))).toBe(true);
    const { nodes } = JSON.parse(await atHost('nodes', '--json')) as { nodes: Line[] };
    expect(nodes).toMatchObject([{ wished: 'paused', refusals: [{ reason: 'pausedByHost' }] }]);
    const story = await atHost('story', 'shared', wrong[0] ?? '', '--lab', 'lab.db');
    expect(story).toMatch(/Evaluated again on .+; \S+ instead of \S+\./);
  });

  it('finishes its running trials before it leaves', async () => {
    study(150, 400);
    const running = host('--lab-port', '0');
    const { invitation } = await running.next('shared');
    const joined = node('--join', String(invitation));
    await remoteEnds(running, 2);
    joined.kill('SIGTERM');
    expect(await joined.exitCode()).toBe(0);
    await finishedOnce([running], 150);
    expect(running.all('trialBack')).toEqual([]);
  });

  it('is killed and comes back, and no trial is lost or counted twice', async () => {
    study(240, 250);
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
    await finishedOnce([running], 240);
  });

  it('goes on when the host is killed and started again', async () => {
    study(200, 300);
    const killed = host('--lab-port', '0');
    const { invitation, port } = await killed.next('shared');
    const joined = node('--join', String(invitation));
    await remoteEnds(killed, 2);
    killed.kill('SIGKILL');
    await killed.exitCode();
    const again = host('--lab-port', String(port), '--resume');
    await remoteEnds(again, 2);
    expect(await again.exitCode()).toBe(0);
    expect(joined.all('connected')).toHaveLength(2);
    expect(checkLab(folder.file('lab.db'), 'shared')).toEqual([]);
  });

  it('keeps its running trials while its cable is cut for three seconds', async () => {
    study(240, 300);
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
      await finishedOnce([running], 240);
      expect(joined.all('connected').length).toBeGreaterThanOrEqual(2);
    } finally {
      cable.close();
    }
  });

  it('is paused, resumed and removed by commands beside the running study', async () => {
    study(100_000, 100);
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
