/** The namespaces in which tests run several hosts: links, faults, and nothing left behind. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LabBed, whyNoBed, whyNoDelay, whyNoLoss, whyNoRate } from '../../support/lab-bed.ts';
import { skipIf } from '../../support/platform.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('Bed of namespaces', () => {
  let bed: LabBed;
  beforeEach(async (context) => {
    skipIf(whyNoBed, context);
    bed = await LabBed.make(2);
  });
  afterEach(async () => {
    if (whyNoBed === null) await bed.close();
  });

  const ping = (seconds: number): Promise<string> =>
    bed.run('h1', [process.execPath, '-e', pinging, bed.address('h2'), String(seconds * 1000)]);
  const listening = (): Promise<void> =>
    new Promise((resolve) => {
      bed.start('h2', [process.execPath, '-e', listener], { line: () => resolve() });
    });

  it('connects hosts to each other and to nothing else', async () => {
    await listening();
    expect(await ping(60)).toBe('answered');
    const routes = await bed.run('h1', ['ip', 'route']);
    expect(routes).not.toContain('default');
    expect(await bed.run('h1', ['ip', '-br', 'link'])).toMatch(/^lo .*\neth0@/);
  });

  it('cuts the link of a host and mends it', async () => {
    await listening();
    await bed.cut('h2');
    expect(await ping(0.3)).toBe('silent');
    await bed.mend('h2');
    expect(await ping(60)).toBe('answered');
  });

  it('reports the exit status and the output of a command', async () => {
    const failed = await bed.start('h1', ['sh', '-c', 'echo out; echo err >&2; exit 3']).ended;
    expect(failed).toEqual({ code: 3, stdout: 'out', stderr: 'err\n' });
    await expect(bed.run('h1', ['false'])).rejects.toThrow('h1: false exited with 1');
  });

  it('signals one process of a host', async () => {
    const sleeping = bed.start('h1', ['sleep', '1000']);
    await sleeping.signal('SIGTERM');
    expect((await sleeping.ended).code).toBeNull();
    expect(sleeping.process.signalCode).toBe('SIGTERM');
  });

  it('stops, continues and kills all processes of a host, and no other', async () => {
    const counted: string[] = [];
    const count = 'i=0; while true; do echo $i; i=$((i+1)); sleep 0.02; done';
    const counting = bed.start('h1', ['sh', '-c', count], { line: (text) => counted.push(text) });
    const other = bed.start('h2', ['sleep', '1000']);
    await expect.poll(() => counted.length).toBeGreaterThan(2);
    await bed.signal('h1', 'SIGSTOP');
    const states = (): Promise<string> => bed.run('h2', ['sh', '-c', stateOf('echo $i')]);
    // A process stops when it is scheduled next.
    await expect.poll(states).toMatch(/^T/);
    await bed.signal('h1', 'SIGCONT');
    const before = counted.length;
    await expect.poll(() => counted.length).toBeGreaterThan(before + 2);
    await bed.signal('h1', 'SIGKILL');
    expect((await counting.ended).code).toBeNull();
    expect(other.process.exitCode).toBeNull();
    expect(other.process.signalCode).toBeNull();
  });

  it('ends every process when it is closed', async () => {
    const folder = temporaryFolder();
    const sleeping = bed.start('h1', [
      'sh',
      '-c',
      `trap "" TERM HUP INT; touch ${folder.file('on')}; sleep 1000`,
    ]);
    await expect.poll(() => existsSync(folder.file('on'))).toBe(true);
    await bed.close();
    await sleeping.ended;
    expect(existsSync('/run/netns/h1')).toBe(false);
    folder.remove();
  });

  it('ends every process when the test process is killed', async () => {
    const script = `
      import { LabBed } from ${JSON.stringify(new URL('../../support/lab-bed.ts', import.meta.url).href)};
      const bed = await LabBed.make(1);
      bed.start('h1', ['sh', '-c', 'echo inside; trap "" TERM HUP INT PIPE; sleep 1000'], {
        line: (text) => console.log(text),
      });`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', script];
    const test = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(createInterface({ input: test.stdout }), 'line');
    test.kill('SIGKILL');
    // The pipe is inherited by all that the bed started, so it closes when the last one has ended.
    await once(test, 'close');
  });

  it('drops the packets that a host receives', async (context) => {
    skipIf(whyNoLoss(), context);
    await listening();
    await bed.lose('h2', 100);
    expect(await ping(0.3)).toBe('silent');
    await bed.lose('h2', 0);
    expect(await ping(60)).toBe('answered');
  });

  it('limits the rate of a link', async (context) => {
    skipIf(whyNoRate(), context);
    await bed.rate('h2', 50);
    const shape = ['tc', 'qdisc', 'show', 'dev', 'eth0'];
    expect(await bed.run('h2', shape)).toContain('rate 50Mbit');
  });

  it('delays the packets of a host', async (context) => {
    skipIf(whyNoDelay(), context);
    await listening();
    await bed.delay('h2', 200, 50);
    expect(await ping(60)).toBe('answered');
    expect(await ping(0.2)).toBe('silent');
  });
});

/** Answers each datagram on port 9000. */
const listener = `
  const socket = require('node:dgram').createSocket('udp4');
  socket.on('message', (bytes, from) => socket.send(bytes, from.port, from.address));
  socket.bind(9000, () => console.log('listening'));`;

/** Sends datagrams to port 9000 of an address until one is answered, or a time in ms is over. */
const pinging = `
  const [address, ms] = process.argv.slice(1);
  const socket = require('node:dgram').createSocket('udp4');
  const end = (text) => { console.log(text); process.exit(); };
  socket.on('message', () => end('answered'));
  socket.on('error', () => undefined);
  setInterval(() => socket.send('x', 9000, address, () => undefined), 20);
  setTimeout(() => end('silent'), Number(ms));`;

/** Prints the state letter of the process whose command line contains a text. */
function stateOf(text: string): string {
  return (
    `for p in /proc/[0-9]*; do case "$(tr '\\0' ' ' <$p/cmdline 2>/dev/null)" in *'${text}'*) ` +
    `case "$p" in /proc/$$) ;; *) cut -d' ' -f3 $p/stat;; esac;; esac; done`
  );
}
