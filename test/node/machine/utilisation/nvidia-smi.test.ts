import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it, onTestFinished } from 'vitest';
import { Unknown } from '../../../../src/node/machine/utilisation/figure.ts';
import { NvidiaSmi } from '../../../../src/node/machine/utilisation/nvidia-smi.ts';
import type { SmiProcess } from '../../../../src/node/machine/utilisation/nvidia-smi.ts';
import { GEFORCE, H100, fakeSmi } from '../../../support/fake-smi.ts';
import { ManualTimer } from '../../../support/manual-timer.ts';

function watched() {
  const timer = new ManualTimer();
  const { start, started, lines } = fakeSmi();
  const smi = new NvidiaSmi({ everyMs: 1000, timer, platform: 'linux', start });
  const latest = () => started.at(-1)!;
  const loads = () =>
    smi
      .read()
      .cards.map(({ figures }) =>
        figures.load instanceof Unknown ? figures.load.reason : figures.load,
      );
  return { timer, smi, started, lines, latest, loads };
}

it('nvidia-smi: one child reports every card each period', () => {
  const { smi, latest, lines, started } = watched();
  expect(lines).toStrictEqual([
    [
      'nvidia-smi',
      '--query-gpu=uuid,pci.bus_id,driver_version,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,power.limit,power.default_limit,name',
      '--format=csv,noheader,nounits',
      '-lms',
      '1000',
    ],
  ]);
  latest().write(`${H100}\n${GEFORCE}\n`);
  latest().write(`${H100.replace(' 94,', ' 12,')}\r\n${GEFORCE}\r\n`);
  const { cards, trouble } = smi.read();
  expect(cards.map(({ model }) => model)).toStrictEqual([
    'NVIDIA H100 80GB HBM3',
    'NVIDIA GeForce RTX 3080',
  ]);
  expect(cards[0]?.figures.load).toBe(12);
  expect(trouble).toBeNull();
  expect(started).toHaveLength(1);
});

it('nvidia-smi: a line that arrives in pieces counts when it is complete', () => {
  const { latest, loads } = watched();
  latest().write(H100.slice(0, 70));
  expect(loads()).toStrictEqual([]);
  latest().write(H100.slice(70));
  expect(loads()).toStrictEqual([]);
  latest().write('\n');
  expect(loads()).toStrictEqual([94]);
});

it('nvidia-smi: a silent card becomes unknown, the others stay', () => {
  const { timer, latest, loads } = watched();
  latest().write(`${H100}\n${GEFORCE.replace('[N/A]', '7')}\n`);
  for (let second = 0; second < 6; second++) {
    timer.advance(1000);
    latest().write(`${H100}\n`);
  }
  expect(loads()).toStrictEqual([94, 'nvidia-smi has not told of this card for 6 s']);
});

it("nvidia-smi: a lost card is unknown with the driver's text", () => {
  const { timer, latest, loads } = watched();
  latest().write(`${H100}\n${GEFORCE}\n`);
  for (let second = 0; second < 6; second++) {
    timer.advance(1000);
    latest().write(
      `${H100}\nUnable to determine the device handle for GPU0000:C1:00.0: GPU is lost.\n`,
    );
  }
  expect(loads()).toStrictEqual([94, expect.stringContaining('GPU is lost')]);
});

it('nvidia-smi: restarts a child that exits, doubling the delay each time, with its output as the reason meanwhile', () => {
  const { timer, latest, started, smi, loads } = watched();
  latest().write(`${H100}\n`);
  latest().write('Failed to initialize NVML: Driver/library version mismatch\n');
  latest().end(18);
  const reason =
    'nvidia-smi ended: Failed to initialize NVML: Driver/library version mismatch; it is tried again in 1 s';
  expect(loads()).toStrictEqual([reason]);
  expect(smi.read().trouble).toBe(reason);
  for (const [i, wait] of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000].entries()) {
    timer.advance(wait - 1);
    expect(started).toHaveLength(i + 1);
    timer.advance(1);
    expect(started).toHaveLength(i + 2);
    latest().end(null, 'SIGSEGV');
  }
  expect(loads()).toStrictEqual([
    'nvidia-smi ended: without a word (SIGSEGV); it is tried again in 60 s',
  ]);
});

it('nvidia-smi: figures from before an exit do not return with the next child', () => {
  const { timer, latest, loads } = watched();
  latest().write(`${H100}\n`);
  latest().end(1);
  timer.advance(1000);
  expect(loads()).toStrictEqual([expect.stringContaining('ended')]);
  latest().write(`${H100}\n`);
  expect(loads()).toStrictEqual([94]);
});

it('nvidia-smi: a child that worked for half a minute is restarted after the first delay', () => {
  const { timer, latest, started } = watched();
  latest().end(1);
  timer.advance(1000);
  for (let second = 0; second < 31; second++) {
    timer.advance(1000);
    latest().write(`${H100}\n`);
  }
  latest().end(1);
  timer.advance(1000);
  expect(started).toHaveLength(3);
});

it('nvidia-smi: a silent child is reported, then killed', () => {
  const { timer, latest, loads } = watched();
  latest().write(`${H100}\n`);
  timer.advance(6000);
  expect(loads()).toStrictEqual(['nvidia-smi has not answered for 6 s']);
  expect(latest().signals).toStrictEqual([]);
  timer.advance(25_000);
  loads();
  expect(latest().signals).toStrictEqual(['SIGKILL']);
});

it('nvidia-smi: starts and reports nothing after stop', () => {
  const { timer, latest, started, smi } = watched();
  smi.stop();
  expect(latest().signals).toStrictEqual(['SIGKILL']);
  latest().end(null, 'SIGKILL');
  timer.advance(3_600_000);
  expect(started).toHaveLength(1);
  expect(timer.pending).toBe(0);
});

it('nvidia-smi: tries again when the system cannot start a process', () => {
  const timer = new ManualTimer();
  let starts = 0;
  const smi = new NvidiaSmi({
    everyMs: 1000,
    timer,
    platform: 'linux',
    start: () => {
      starts++;
      throw new Error('EMFILE');
    },
  });
  expect(smi.read().trouble).toContain('EMFILE');
  timer.advance(1000);
  expect(starts).toBe(2);
});

it('nvidia-smi: is not searched for on systems that have none', () => {
  const { start, started } = fakeSmi();
  const smi = new NvidiaSmi({ everyMs: 1000, timer: new ManualTimer(), platform: 'darwin', start });
  expect(smi.read()).toStrictEqual({
    cards: [],
    trouble: 'there is no nvidia-smi for this system',
  });
  expect(started).toHaveLength(0);
});

it('nvidia-smi: is searched for at each place, and reported as not found once without further tries', async () => {
  const timer = new ManualTimer();
  const asked: string[] = [];
  let closed = Promise.resolve<unknown>(null);
  const start = (file: string): SmiProcess => {
    asked.push(file);
    const child = spawn('/no/such/program', [], { stdio: ['ignore', 'pipe', 'pipe'] });
    closed = once(child, 'close').catch(() => once(child, 'close'));
    return child;
  };
  const smi = new NvidiaSmi({ everyMs: 1000, timer, platform: 'linux', start });
  for (let i = 0; i < 3; i++) await closed;
  expect(asked).toStrictEqual(['nvidia-smi', '/usr/bin/nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi']);
  expect(smi.read()).toStrictEqual({ cards: [], trouble: 'nvidia-smi was not found' });
  expect(timer.pending).toBe(0);
});

it('nvidia-smi: a real child is read as it writes, and is gone after stop', async () => {
  const script = `setInterval(() => console.log(${JSON.stringify(H100)}), 5)`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const smi = new NvidiaSmi({
    everyMs: 1000,
    timer: new ManualTimer(),
    platform: 'linux',
    start: () => child,
  });
  await once(child.stdout, 'data');
  expect(smi.read().cards).toHaveLength(1);
  const gone = once(child, 'exit');
  smi.stop();
  expect(await gone).toStrictEqual([null, 'SIGKILL']);
});
