import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WorkerProcesses } from '../../src/node/workers/worker-processes.ts';
import type { WorkerExit } from '../../src/node/workers/worker-processes.ts';
import { MNIST } from '../../src/datasets/catalogue.ts';
import type { Goodbye } from '../../src/protocol/worker-messages.ts';
import { WORKER_SETTINGS } from '../../src/protocol/worker-settings.ts';
import { compiledScript } from '../support/compiled-script.ts';
import { Inbox } from '../support/inbox.ts';
import { ScriptedCoordinator, attempt } from '../support/scripted-coordinator.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { gone, workerCommand } from '../support/worker-command.ts';

const mnistPaper = JSON.parse(
  readFileSync(`${workerCommand.resources}/networks/mnist-paper.json`, 'utf8'),
) as {
  layers: { type: string }[];
};

describe('Worker: process', () => {
  let coordinator: ScriptedCoordinator;
  let exits: Inbox<WorkerExit>;
  let workers: WorkerProcesses;

  beforeEach(async () => {
    coordinator = await ScriptedCoordinator.bind();
    exits = new Inbox();
  });
  afterEach(async () => {
    await workers.close(0);
    await coordinator.close();
  });

  function start(more: { memoryLimitBytes?: number; execArgv?: readonly string[] } = {}): void {
    const { controlEndpoint, token } = coordinator.transport;
    workers = new WorkerProcesses({
      ...workerCommand,
      ...more,
      controlEndpoint,
      token,
      onExit: exits.put,
    });
    workers.spawn('local/cpu/0', '1.1', 0);
  }
  const pid = (): number => workers.running[0]?.pid ?? 0;
  const goodbye = (reason: Goodbye['reason'], session: string | null): void => {
    coordinator.transport.sendControl(
      { slot: 'local/cpu/0', incarnation: '1.1' },
      { type: 'goodbye', session, reason },
    );
  };

  it('identifies itself, computes tasks in order, sends and forgets results, and exits at a goodbye', async () => {
    start();
    const { hello, session } = await coordinator.ready();
    expect(hello).toMatchObject({
      slot: 'local/cpu/0',
      incarnation: '1.1',
      helloNo: 1,
      device: 'cpu',
      lanes: 1,
      memoryBytes: 2 ** 30,
      holding: [],
    });
    for (let number = 0; number < 100; number++) coordinator.cohort(session, number);
    await coordinator.result(99);
    const results = coordinator.messages.all.filter((message) => message.type === 'result');
    expect(
      results.map(({ attempt: { number }, result }) => [number, result.outcome, result.value]),
    ).toStrictEqual(Array.from({ length: 100 }, (_, i) => [i, 'succeeded', i * i]));
    for (const { attempt: of } of results)
      coordinator.transport.sendControl(hello, { type: 'ack', attempt: of });
    await coordinator.messages.first(
      (message) =>
        message.type === 'beat' && message.holding.length === 0 && message.taskSeq === 100,
    );
    goodbye('shutdown', session);
    expect(await exits.count(1)).toMatchObject([
      { code: 0, by: 'itself', lastWords: '', rssPeakBytes: expect.any(Number) as number },
    ]);
  });

  it('stops an attempt when it is cancelled, and keeps sending beats', async () => {
    start();
    const { hello, session } = await coordinator.ready({ durationMs: 1e9 });
    coordinator.cohort(session, 0);
    await coordinator.messages.first(
      (message) => message.type === 'beat' && message.holding.length === 1,
    );
    coordinator.transport.sendControl(hello, {
      type: 'cancel',
      session,
      attempt: attempt(0),
      reason: 'paused',
    });
    expect((await coordinator.result(0)).result.outcome).toBe('cancelled');
  });

  it('refuses a study whose dataset has other content here, and trains one whose content is equal', async () => {
    start();
    const objective = {
      kind: 'train',
      dataset: 'mnist',
      network: {
        ...mnistPaper,
        layers: mnistPaper.layers.filter(({ type }) => type !== 'dropout'),
      },
      settings: { batch: 128, epochs: 1, optimizer: { type: 'sgd', learningRate: 0.1 } },
      metric: 'accuracy',
      selectOn: 'test',
    };
    const hello = await coordinator.hello();
    const session = await coordinator.welcome(hello);
    const other = '0'.repeat(64);
    coordinator.study(session, objective, { name: 'mnist', content: other });
    coordinator.cohort(session, 0);
    const { result } = await coordinator.result(0, 0, 30_000);
    expect(result.outcome).toBe('crashed');
    expect(result.error).toMatch(
      new RegExp(`mnist: .*expected SHA-256 ${other}, found ${MNIST.content}; import `),
    );
    coordinator.study(session, objective, { name: 'mnist', content: MNIST.content });
    coordinator.cohort(session, 1);
    const { result: equal } = await coordinator.result(1, 0, 60_000);
    expect(equal.error).toBeUndefined();
    expect(equal.outcome).toBe('succeeded');
  });

  it('sends beats and reports while it trains, stops when cancelled, and reports how far it was', async () => {
    start();
    const optimizer = { type: 'sgd', learningRate: 0.1, momentum: 0.5 };
    const settings = {
      batch: 128,
      epochs: { $param: 'x' },
      optimizer,
      shuffle: false,
      sameStart: true,
    };
    const network = {
      ...mnistPaper,
      layers: mnistPaper.layers.filter(({ type }) => type !== 'dropout'),
    };
    const { hello, session } = await coordinator.ready({
      kind: 'train',
      dataset: 'mnist',
      network,
      settings,
      metric: 'accuracy',
      selectOn: 'test',
    });
    coordinator.cohort(session, 1);
    const { result } = await coordinator.result(1, 0, 30_000);
    expect(result).toMatchObject({
      outcome: 'succeeded',
      executor: 'wasm',
      metrics: { checksum: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    expect(result.value).toBeGreaterThan(0.9);

    const from = coordinator.messages.all.length;
    coordinator.cohort(session, 1000);
    const far = await coordinator.messages.first(
      (message) => message.type === 'beat' && (message.progress[0]?.step ?? 0) > 100,
      from,
    );
    expect(far).toMatchObject({ progress: [{ attempt: attempt(1000), steps: 469_000 }] });
    const told = await coordinator.messages.first((message) => message.type === 'report', from);
    expect(told).toMatchObject({
      attempt: attempt(1000),
      report: { step: 0, metrics: { accuracy: expect.any(Number) as number } },
    });
    coordinator.transport.sendControl(hello, {
      type: 'cancel',
      session,
      attempt: attempt(1000),
      reason: 'paused',
    });
    expect((await coordinator.result(1000, from)).result.outcome).toBe('cancelled');
  });

  it('is reported as gone when SIGKILL ends it, and when it exits by itself', async () => {
    start();
    const { session } = await coordinator.ready({ durationMs: 1e9 });
    coordinator.cohort(session, 0);
    await coordinator.beat();
    process.kill(pid(), 'SIGKILL');
    expect(await exits.count(1)).toMatchObject([{ signal: 'SIGKILL', by: 'itself' }]);

    coordinator.messages.all.length = 0;
    workers.spawn('local/cpu/0', '1.2', 0);
    const again = await coordinator.ready({ crashRate: 1 });
    expect(again.hello).toMatchObject({ incarnation: '1.2', helloNo: 1, holding: [] });
    coordinator.cohort(again.session, 1);
    const [, exit] = await exits.count(2);
    expect(exit?.by).toBe('itself');
    expect(exit?.code === 1 || exit?.signal === 'SIGABRT').toBe(true);
  });

  it('offers its result after it was stopped beyond the end of its session, and drops it when told to', async () => {
    start();
    const { hello, session } = await coordinator.ready({ durationMs: 300 });
    coordinator.cohort(session, 0);
    await coordinator.messages.first(
      (message) => message.type === 'beat' && message.holding.length === 1,
    );
    process.kill(pid(), 'SIGSTOP');
    // As the scheduler does when a lease runs out: the session is over, its task channel closed.
    coordinator.transport.closeTasks(session);
    const from = coordinator.messages.all.length;
    process.kill(pid(), 'SIGCONT');
    const stale = await coordinator.result(0, from);
    expect(stale).toMatchObject({ session, result: { outcome: 'succeeded' } });
    coordinator.transport.sendControl(hello, {
      type: 'refused',
      attempt: attempt(0),
      reason: 'staleLease',
    });
    goodbye('staleSession', session);
    const second = await coordinator.hello(from);
    expect(second).toMatchObject({ incarnation: '1.1', helloNo: 2, holding: [] });
    const next = await coordinator.welcome(second);
    coordinator.study(next, {});
    coordinator.cohort(next, 0, 2);
    expect(await coordinator.result(0, coordinator.messages.all.indexOf(second))).toMatchObject({
      session: next,
      attempt: { attemptNumber: 2 },
    });
  });

  it("continues to compute through a coordinator's silence, and sends hello with its attempts", async () => {
    start();
    const { session } = await coordinator.ready({ durationMs: 1e9 });
    coordinator.cohort(session, 0);
    await coordinator.messages.first(
      (message) => message.type === 'beat' && message.holding.length === 1,
    );
    const from = coordinator.messages.all.length;
    coordinator.hears = false;
    const again = await coordinator.hello(from);
    expect(again).toMatchObject({ helloNo: 2, holding: [attempt(0)] });
    coordinator.hears = true;
    const next = await coordinator.welcome(again, [attempt(0)]);
    const beat = await coordinator.messages.first(
      (message) => message.type === 'beat' && message.session === next,
    );
    expect(beat).toMatchObject({ n: 1, taskSeq: 0, holding: [attempt(0)] });
  });

  it('exits at once when its supervisor closes, in the middle of an attempt', async () => {
    start();
    const { session } = await coordinator.ready({ durationMs: 1e9 });
    coordinator.cohort(session, 0);
    await coordinator.messages.first(
      (message) => message.type === 'beat' && message.holding.length === 1,
    );
    await workers.close(60_000);
    expect(exits.all).toMatchObject([{ signal: null, by: 'us' }]);
  });

  it('ends its attempt as out of memory when it exceeds its memory limit, then exits', async () => {
    start({ memoryLimitBytes: 32 * 2 ** 20 });
    const { session } = await coordinator.ready({ durationMs: 1e9 });
    coordinator.cohort(session, 0);
    const [exit] = await exits.count(1);
    expect(exit).toMatchObject({
      code: 1,
      by: 'itself',
      overMemory: true,
      lastWords: expect.stringMatching(/resident memory of \d+ bytes passed the limit/) as string,
    });
  });

  it('may write anything to its outputs', async () => {
    const noise =
      'data:text/javascript,setInterval(() => { console.log("x".repeat(70000)); console.error("{\\"type\\":\\"hello\\"}"); }, 5)';
    start({ execArgv: [...workerCommand.execArgv, '--import', noise] });
    const { session } = await coordinator.ready({ durationMs: 100 });
    for (let number = 0; number < 3; number++) coordinator.cohort(session, number);
    expect((await coordinator.result(2)).result.outcome).toBe('succeeded');
  });

  it('reports invalid settings and exits with 2', async () => {
    start();
    const child = spawn(process.execPath, [...workerCommand.execArgv, workerCommand.entry], {
      env: { ...process.env, [WORKER_SETTINGS]: '{"slot":3}' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2);
    expect(said).toMatch(/GALAPAGOS_WORKER\.slot: .*expected string/);
    expect(said).toMatch(/GALAPAGOS_WORKER\.token: /);
  });

  /** A process that supervises a worker and prints the worker's process id. */
  async function supervised(
    more: { execArgv?: readonly string[] } = {},
  ): Promise<[ChildProcess, number]> {
    workers = new WorkerProcesses({
      ...workerCommand,
      controlEndpoint: 'x',
      token: 'x',
      onExit: exits.put,
    });
    const { controlEndpoint, token } = coordinator.transport;
    const options = JSON.stringify({ ...workerCommand, ...more, controlEndpoint, token });
    const parent = spawn(process.execPath, [compiledScript('parent-process.ts'), options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return [
      parent,
      Number(
        await new Promise((resolve) =>
          parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
        ),
      ),
    ];
  }

  it('exits when its parent is killed, in the middle of an attempt', async () => {
    const [parent, worker] = await supervised();
    const { session } = await coordinator.ready({ durationMs: 1e9 });
    coordinator.cohort(session, 0);
    await coordinator.messages.first(
      (message) => message.type === 'beat' && message.holding.length === 1,
    );
    parent.kill('SIGKILL');
    await gone(worker, 60_000);
  });

  it('does not outlive its parent while its event loop is blocked', async () => {
    const folder = temporaryFolder();
    const blocked = folder.file('blocked');
    // Blocks the event loop on request and reports it in a file, because no message can be sent.
    const block = `process.on('SIGUSR2', () => { require('node:fs').writeFileSync(${JSON.stringify(blocked)}, ''); for (;;); });`;
    writeFileSync(folder.file('block.cjs'), block);
    const [parent, worker] = await supervised({
      execArgv: [...workerCommand.execArgv, '--require', folder.file('block.cjs')],
    });
    await coordinator.ready();
    process.kill(worker, 'SIGUSR2');
    await expect.poll(() => existsSync(blocked)).toBe(true);
    parent.kill('SIGKILL');
    await gone(worker, 60_000);
    folder.remove();
  });

  it("detects by its parent's pid that the parent is gone where it has no channel", async () => {
    workers = new WorkerProcesses({
      ...workerCommand,
      controlEndpoint: 'x',
      token: 'x',
      onExit: exits.put,
    });
    const { controlEndpoint, token } = coordinator.transport;
    const { entry, execArgv, devices, ...more } = workerCommand;
    const settings = {
      controlEndpoint,
      token,
      slot: 'local/cpu/0',
      incarnation: '1.1',
      device: devices[0],
      parent: 'SHELL',
      ...more,
    };
    const script = `export ${WORKER_SETTINGS}="$(printf %s "$SETTINGS" | sed "s/\\"SHELL\\"/$$/")"; "$@" & echo $!; wait`;
    const parent = spawn('sh', ['-c', script, 'sh', process.execPath, ...execArgv, entry], {
      env: { ...process.env, SETTINGS: JSON.stringify(settings) },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const worker = Number(
      await new Promise((resolve) =>
        parent.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      ),
    );
    await coordinator.ready();
    parent.kill('SIGKILL');
    await gone(worker, 60_000);
  });
});
