import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { namespaceObstacle, processPin } from '../../../src/node/devices/pin-ways.ts';
import { WorkerProcesses } from '../../../src/node/workers/worker-processes.ts';
import type {
  WorkerExit,
  WorkerProcessesOptions,
} from '../../../src/node/workers/worker-processes.ts';
import { cpuDevice } from '../../../src/runtime/cpu-device.ts';
import { Inbox } from '../../support/inbox.ts';
import { gone, isAlive } from '../../support/worker-command.ts';
import { skipIf } from '../../support/platform.ts';
import { stallMeter } from '../../support/worker-times.ts';

const refused = await namespaceObstacle();

/** Worker entries that are a line of JavaScript: what is tested here is the supervision. */
describe('Worker processes', () => {
  let folder: string;
  let exits: Inbox<WorkerExit>;
  let workers: WorkerProcesses;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'galapagos-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  afterEach(() => workers.close(0));

  function supervise(script: string, more: Partial<WorkerProcessesOptions> = {}): void {
    const entry = join(folder, 'entry.mjs');
    writeFileSync(entry, script);
    exits = new Inbox();
    const options = {
      entry,
      controlEndpoint: 'tcp://127.0.0.1:1',
      token: 'secret',
      resources: folder,
      userFolder: folder,
      devices: [cpuDevice()],
      memoryLimitBytes: 2 ** 30,
    };
    workers = new WorkerProcesses({ ...options, onExit: exits.put, ...more });
  }

  /** What the process wrote first says that it runs. */
  const runs = 'process.send({ rssPeakBytes: 5 }); setInterval(() => {}, 1000);';
  const started = async (): Promise<number> => {
    let pid: number | undefined;
    await expect.poll(() => (pid = workers.running[0]?.pid)).toBeTypeOf('number');
    return pid ?? 0;
  };

  it.each([
    ['the user folder', undefined, 'tensorflow'],
    ['where the environment says', '/elsewhere', undefined],
  ])('learn where TensorFlow is: %s', async (_, named, below) => {
    const env = { ...process.env, GALAPAGOS_TENSORFLOW: named };
    supervise('console.error(process.env.GALAPAGOS_TENSORFLOW); process.exit(3);', { env });
    workers.spawn('local/cpu/0', '1.1', 0);
    const [exit] = await exits.count(1);
    expect(exit?.lastWords.trim()).toBe(below === undefined ? named : join(folder, below));
  });

  it('see no device file of another card where these are hidden, and keep their process id', async (context) => {
    skipIf(refused, context);
    const [own, other] = [join(folder, 'own'), join(folder, 'other')];
    for (const file of [own, other]) writeFileSync(file, 'a card');
    const cards = [own, other].map((file, i) => ({
      device: `gpu/${i}`,
      address: null,
      files: [file],
    }));
    const [card = { device: '', address: null, files: [] }] = cards;
    supervise(
      `import { readFileSync } from 'node:fs';
        const read = (file) => readFileSync(file, 'utf8');
        process.send({ rssPeakBytes: 7 }, () => {
          console.error(JSON.stringify([read(${JSON.stringify(own)}), read(${JSON.stringify(other)}), process.pid]));
          process.exit(0);
        });`,
      { pinOf: () => processPin('hidden', card, cards) },
    );
    workers.spawn('local/cpu/0', '1.1', 0);
    const pid = await started();
    const [exit] = await exits.count(1);
    expect(exit?.rssPeakBytes).toBe(7);
    expect(JSON.parse(exit?.lastWords ?? '')).toEqual(['a card', '', pid]);
  });

  it('report their exit code and last output', async () => {
    supervise("console.log('noise'); console.error('the reason'); process.exit(3);");
    workers.spawn('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toStrictEqual([
      {
        slot: 'local/cpu/0',
        incarnation: '1.1',
        code: 3,
        signal: null,
        by: 'itself',
        rssPeakBytes: null,
        overMemory: false,
        lastWords: expect.stringContaining('the reason') as string,
      },
    ]);
  });

  it('keep the last 4 kB of any amount of output', async () => {
    supervise(
      "process.stdout.write('x'.repeat(3e6), () => { process.stderr.write('end', () => process.exit(0)); });",
    );
    workers.spawn('local/cpu/0', '1.1', 0);
    const [exit] = await exits.count(1);
    expect(exit?.lastWords).toMatch(/^x*end$/);
    expect(exit?.lastWords).toHaveLength(4096);
  });

  it('report an uncaught error as exit code 1 with its text', async () => {
    supervise("throw new Error('unheard of');");
    workers.spawn('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([
      { code: 1, lastWords: expect.stringContaining('unheard of') as string },
    ]);
  });

  it('killed by another process are reported with the signal, within 50 ms in the median of five', async () => {
    supervise(runs);
    const took: number[] = [];
    const stalls = stallMeter();
    for (let i = 1; i <= 5; i++) {
      workers.spawn('local/cpu/0', `1.${i}`, 0);
      process.kill(await started(), 'SIGKILL');
      const from = performance.now();
      expect((await exits.count(i))[i - 1]).toMatchObject({
        incarnation: `1.${i}`,
        code: null,
        signal: 'SIGKILL',
        by: 'itself',
      });
      took.push(performance.now() - from);
    }
    // What this process waits for a core on a busy machine is not the delay of a report.
    expect(took.sort((a, b) => a - b)[2]).toBeLessThan(50 + 2 * stalls.end());
  });

  it('killed by this one are reported as killed by us', async () => {
    supervise(runs);
    workers.spawn('local/cpu/0', '1.1', 0);
    await started();
    workers.kill('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([{ signal: 'SIGKILL', by: 'us' }]);
  });

  it('leave no child process behind', async () => {
    supervise(`import { spawn } from 'node:child_process';
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      process.stderr.write(\`child \${child.pid}\n\`, () => process.kill(process.pid, 'SIGKILL'));`);
    workers.spawn('local/cpu/0', '1.1', 0);
    const [exit] = await exits.count(1);
    await gone(Number(/child (\d+)/.exec(exit?.lastWords ?? '')?.[1]), 1000);
  });

  it('that stand still are killed all the same', async () => {
    supervise(runs);
    workers.spawn('local/cpu/0', '1.1', 0);
    process.kill(await started(), 'SIGSTOP');
    workers.kill('local/cpu/0', '1.1', 20);
    expect(await exits.count(1)).toMatchObject([{ signal: 'SIGKILL', by: 'us' }]);
  });

  it('are started once for one incarnation, beside another of the same slot', async () => {
    supervise(
      `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(join(folder, 'starts'))}, process.pid + '\\n'); ${runs}`,
    );
    for (const incarnation of ['1.1', '1.1', '1.2']) workers.spawn('local/cpu/0', incarnation, 0);
    const starts = (): string[] =>
      existsSync(join(folder, 'starts'))
        ? readFileSync(join(folder, 'starts'), 'utf8').trim().split('\n')
        : [];
    await expect.poll(() => starts().length).toBeGreaterThanOrEqual(2);
    workers.kill('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([{ incarnation: '1.1' }]);
    expect(workers.running).toMatchObject([{ incarnation: '1.2' }]);
    await workers.close(0);
    expect(starts().map(Number).filter(isAlive)).toStrictEqual([]);
    expect(starts()).toHaveLength(2);
  });

  it('killed before their start never start', async () => {
    supervise(runs);
    workers.spawn('local/cpu/0', '1.1', 60_000);
    workers.kill('local/cpu/0', '1.1', 1000);
    expect(await exits.count(1)).toMatchObject([{ code: null, signal: null, by: 'us' }]);
  });

  it('that cannot be started report the reason', async () => {
    supervise(runs, { execPath: '/no/such/node' });
    workers.spawn('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([
      {
        code: null,
        signal: null,
        by: 'itself',
        lastWords: expect.stringContaining('ENOENT') as string,
      },
    ]);
  });

  it('report their peak memory, and whether it exceeded the limit', async () => {
    supervise(`process.send({ rssPeakBytes: ${2 ** 31} }, () => process.exit(1));`);
    workers.spawn('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([{ rssPeakBytes: 2 ** 31, overMemory: true }]);
  });

  it('with a full heap are over memory', async () => {
    supervise('const all = []; for (;;) all.push(new Array(1e6).fill(all.length + 0.5));', {
      memoryLimitBytes: 2 ** 26,
    });
    workers.spawn('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([{ overMemory: true, by: 'itself' }]);
  });

  it('send only notes; other messages are ignored', async () => {
    supervise(
      "process.send({ rssPeakBytes: 'much' }); process.send(null); process.send('x', () => process.exit(0));",
    );
    workers.spawn('local/cpu/0', '1.1', 0);
    expect(await exits.count(1)).toMatchObject([{ rssPeakBytes: null }]);
  });

  it('exit at close by themselves in time, or are killed; none starts afterwards', async () => {
    const file = join(folder, 'ready');
    supervise(`import { appendFileSync } from 'node:fs';
      if (process.env.GALAPAGOS_WORKER.includes('cpu/0')) process.on('disconnect', () => process.exit(0));
      setInterval(() => {}, 1000);
      appendFileSync(${JSON.stringify(file)}, '.');`);
    for (const i of [0, 1]) workers.spawn(`local/cpu/${i}`, '1.1', 0);
    workers.spawn('local/cpu/2', '1.1', 60_000);
    await expect.poll(() => existsSync(file) && readFileSync(file, 'utf8')).toBe('..');
    const pids = workers.running.map(({ pid }) => pid);
    await workers.close(1000);
    expect(exits.all.map(({ slot, code, signal }) => [slot, code, signal])).toStrictEqual([
      ['local/cpu/2', null, null],
      ['local/cpu/0', 0, null],
      ['local/cpu/1', null, 'SIGKILL'],
    ]);
    expect(pids.some(isAlive)).toBe(false);
    workers.spawn('local/cpu/3', '1.1', 0);
    expect(workers.running).toHaveLength(0);
  });

  it('start in steps: no more at once than there are cores, and the next when one has sent a message', async () => {
    const atOnce = Math.max(2, availableParallelism());
    // Says something when told to, which is after it has left a file.
    const script = `
      import { existsSync, writeFileSync } from 'node:fs';
      const { slot } = JSON.parse(process.env.GALAPAGOS_WORKER);
      writeFileSync(${JSON.stringify(folder)} + '/started-' + slot.split('/').at(-1), '');
      setInterval(() => existsSync(${JSON.stringify(join(folder, 'go'))}) && process.send({ rssPeakBytes: 5 }), 5);`;
    supervise(script, { startingMs: 1e6 });
    for (let slot = 0; slot < atOnce + 2; slot++) workers.spawn(`local/cpu/${slot}`, '1.1', 0);
    const started = (): number =>
      readdirSync(folder).filter((name) => name.startsWith('started-')).length;
    await expect.poll(() => workers.running.length).toBe(atOnce);
    writeFileSync(join(folder, 'go'), '');
    await expect.poll(started).toBe(atOnce + 2);
  });

  it('start none while they are held back, and those that are due once they are not', async () => {
    supervise(runs);
    workers.holdStarts(1e6);
    workers.spawn('local/cpu/0', '1.1', 0);
    workers.spawn('local/cpu/1', '1.1', 0);
    workers.kill('local/cpu/1', '1.1', 0);
    // Its end tells that the time of both has come.
    expect(await exits.count(1)).toMatchObject([{ slot: 'local/cpu/1', by: 'us' }]);
    await new Promise((resolve) => setTimeout(resolve));
    expect(workers.running).toEqual([]);
    workers.startNow();
    await started();
    expect(workers.running).toMatchObject([{ slot: 'local/cpu/0' }]);
  });

  it('are held back for a time only', async () => {
    supervise(runs);
    workers.holdStarts(1);
    workers.spawn('local/cpu/0', '1.1', 0);
    await started();
  });

  it('leave nothing that keeps their parent alive', async () => {
    supervise('');
    const entry = join(folder, 'idle.mjs');
    writeFileSync(entry, runs);
    const script = `
      import { WorkerProcesses } from ${JSON.stringify(new URL('../../../src/node/workers/worker-processes.ts', import.meta.url).href)};
      const workers = new WorkerProcesses({ entry: ${JSON.stringify(entry)}, controlEndpoint: 'x', token: 'x', resources: 'x', userFolder: 'x', devices: [${JSON.stringify(cpuDevice())}], memoryLimitBytes: 1e9, onExit: () => {} });
      workers.spawn('local/cpu/0', '1.1', 0);
      workers.spawn('local/cpu/1', '1.1', 1e6);
      setTimeout(() => workers.close(0), 20);`;
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', script],
      { stdio: 'inherit' },
    );
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(0);
  });
});
