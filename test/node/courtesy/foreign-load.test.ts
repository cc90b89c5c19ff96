import { mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseProcessList } from '../../../src/node/courtesy/cpu-foreign-load.ts';
import { foreignLoads } from '../../../src/node/courtesy/foreign-load.ts';
import type {
  ForeignLoadParts,
  JudgedCard,
} from '../../../src/node/courtesy/foreign-load-source.ts';
import { parsePmonLine } from '../../../src/node/courtesy/nvidia-foreign-load.ts';
import { Unknown } from '../../../src/node/machine/utilisation/figure.ts';
import { FollowedCommand } from '../../support/followed-command.ts';
import { fixture } from '../../support/courtesy-fixtures.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

let folder: TemporaryFolder;
let timer: ManualTimer;
let command: FollowedCommand;
let own: number[];

const loads = (hasCpu: boolean, cards: readonly JudgedCard[], some: Partial<ForeignLoadParts>) =>
  foreignLoads(hasCpu, cards, {
    platform: 'linux',
    ask: () => Promise.reject(new Error('not asked')),
    start: command.start,
    timer,
    proc: folder.file('proc'),
    sys: folder.file('sys'),
    ownPids: () => own,
    ...some,
  });

function write(path: string, text: string): void {
  const file = folder.file(path);
  mkdirSync(file.slice(0, file.lastIndexOf('/')), { recursive: true });
  writeFileSync(file, text);
}

/** @param user and idle ticks of all cores together */
function cores(user: number, idle: number, steal = 0): void {
  write('proc/stat', `cpu  ${user} 0 0 ${idle} 0 0 0 ${steal} 0 0\ncpu0 1 2 3 4\n`);
}

function processOf(pid: number, group: number, ticks: number, name = 'node'): void {
  const fields = ['S', 1, group, 1, 0, -1, 0, 0, 0, 0, 0, ticks - 5, 5, 0, 0];
  write(`proc/${pid}/stat`, `${pid} (${name}) ${fields.join(' ')} 20 0 11\n`);
}

beforeEach(() => {
  folder = temporaryFolder();
  timer = new ManualTimer();
  command = new FollowedCommand();
  own = [100];
});
afterEach(() => folder.remove());

describe('Courtesy: load of all cores by others', () => {
  it('is the total without the process groups of this program', async () => {
    const cpu = loads(true, [], {});
    processOf(100, 90, 1_000, 'galapagos (w) x');
    processOf(101, 90, 500);
    processOf(7, 7, 400);
    cores(10_000, 10_000);
    expect((await cpu.read()).get('cpu')).toBeInstanceOf(Unknown);
    processOf(100, 90, 1_050);
    processOf(101, 90, 520);
    processOf(7, 7, 430);
    cores(10_100, 10_100);
    expect((await cpu.read()).get('cpu')).toBe(15);
  });

  it('does not count the time that a hypervisor took', async () => {
    const cpu = loads(true, [], {});
    cores(0, 1_000);
    await cpu.read();
    cores(0, 1_100, 100);
    expect((await cpu.read()).get('cpu')).toBe(0);
  });

  it('finds processes that join the groups of this program within ten seconds', async () => {
    const cpu = loads(true, [], {});
    processOf(100, 100, 1_000);
    cores(1_000, 1_000);
    await cpu.read();
    processOf(102, 100, 50);
    cores(1_050, 1_050);
    timer.advance(1_000);
    expect((await cpu.read()).get('cpu')).toBe(50);
    timer.advance(10_000);
    await cpu.read();
    processOf(102, 100, 100);
    cores(1_100, 1_100);
    expect((await cpu.read()).get('cpu')).toBe(0);
  });

  it('is unknown, with the reason, where the figures are not understood', async () => {
    write('proc/stat', 'cpu  many\n');
    expect((await loads(true, [], {}).read()).get('cpu')).toMatchObject({
      reason: expect.stringContaining('/proc/stat') as string,
    });
  });

  it('is unknown on Windows, where processor times of others are not read', async () => {
    const read = await loads(true, [], { platform: 'win32' }).read();
    expect(read.get('cpu')).toBeInstanceOf(Unknown);
  });

  it('parses the processor times that macOS lists', () => {
    expect(parseProcessList(fixture('ps.txt'))).toEqual([
      { pid: 1, group: 1, milliseconds: 62_500 },
      { pid: 4200, group: 4200, milliseconds: 10_250 },
      { pid: 4242, group: 4242, milliseconds: 723_450 },
      { pid: 4243, group: 4242, milliseconds: 93_784_000 },
    ]);
  });
});

describe('Courtesy: load of NVIDIA cards by others', () => {
  const cards: readonly JudgedCard[] = [
    { device: 'gpu/0', vendor: 'NVIDIA', uuid: 'GPU-b', address: null },
    { device: 'gpu/1', vendor: 'NVIDIA', uuid: 'GPU-a', address: null },
  ];
  const ask = () => Promise.resolve('0, GPU-a\n1, GPU-b\n');

  it('sums what processes other than this program use, card by card', async () => {
    own = [4242];
    const judged = loads(false, cards, { ask });
    await judged.read();
    command.write(fixture('pmon.txt'));
    expect(Object.fromEntries(await judged.read())).toEqual({ 'gpu/0': 0, 'gpu/1': 25 });
    expect(command.started).toEqual(['nvidia-smi pmon -s u -d 1']);
  });

  it('takes the newest second of each card', async () => {
    own = [4242];
    const judged = loads(false, cards, { ask });
    await judged.read();
    command.write(fixture('pmon.txt'));
    timer.advance(1_000);
    command.write('    0       9001     C     40      1      -      -   python\n');
    expect((await judged.read()).get('gpu/1')).toBe(40);
  });

  it('is unknown while the command is silent or cannot be started', async () => {
    const judged = loads(false, cards, { ask });
    await judged.read();
    command.end(1, 'NVML: Driver/library version mismatch\n');
    expect((await judged.read()).get('gpu/0')).toMatchObject({
      reason: 'NVML: Driver/library version mismatch',
    });
    timer.advance(1_000);
    expect(command.started).toHaveLength(2);
    const absent = loads(false, cards, { ask: () => Promise.reject(new Error('not installed')) });
    expect((await absent.read()).get('gpu/0')).toMatchObject({ reason: 'not installed' });
  });

  it('refuses a line that is not of pmon', () => {
    expect(parsePmonLine('# gpu pid type sm')).toBeNull();
    expect(() => parsePmonLine('Failed to initialize NVML')).toThrow(/expected card, pid/);
  });
});

describe('Courtesy: load of other cards by others', () => {
  const amd: JudgedCard = { device: 'gpu/0', vendor: 'AMD', uuid: null, address: '0000:03:00.0' };

  it('AMD: is the load of the card without this program’s time on its engines', async () => {
    const busy = (load: number): void =>
      write('sys/bus/pci/devices/0000:03:00.0/gpu_busy_percent', `${load}\n`);
    const judged = loads(false, [amd], {});
    processOf(100, 100, 10);
    write('proc/100/fdinfo/7', fixture('fdinfo.txt'));
    write('proc/100/fdinfo/8', fixture('fdinfo.txt'));
    busy(80);
    expect((await judged.read()).get('gpu/0')).toBeInstanceOf(Unknown);
    timer.advance(1_000);
    const later = fixture('fdinfo.txt').replace('200000000 ns', '800000000 ns');
    write('proc/100/fdinfo/7', later);
    write('proc/100/fdinfo/8', later);
    expect((await judged.read()).get('gpu/0')).toBeCloseTo(20);
  });

  it('Windows: is the busiest use of an engine by a process other than this program', async () => {
    own = [4242];
    const judged = loads(false, [amd], { platform: 'win32' });
    await judged.read();
    command.write(fixture('typeperf.csv').replaceAll('\n', '\r\n'));
    expect((await judged.read()).get('gpu/0')).toBe(34.5);
  });

  it('is unknown for makers whose drivers do not tell processes apart', async () => {
    const intel = { ...amd, vendor: 'Intel' };
    expect((await loads(false, [intel], {}).read()).get('gpu/0')).toMatchObject({
      reason: expect.stringContaining('Intel') as string,
    });
  });
});
