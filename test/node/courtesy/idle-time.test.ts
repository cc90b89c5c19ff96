import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { idleSources } from '../../../src/node/courtesy/idle-sources.ts';
import type { IdleSourceParts } from '../../../src/node/courtesy/idle-sources.ts';
import { IdleTime } from '../../../src/node/courtesy/idle-time.ts';
import { Unknown } from '../../../src/node/machine/utilisation/figure.ts';
import { FollowedCommand } from '../../support/followed-command.ts';
import { fixture } from '../../support/courtesy-fixtures.ts';
import { ManualTimer } from '../../support/manual-timer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { TemporaryFolder } from '../../support/temporary-folder.ts';

const NOW = Date.UTC(2026, 0, 5, 12);
const GNOME = 'org.gnome.Mutter.IdleMonitor';
const KDE = 'org.freedesktop.ScreenSaver';
const LOGIND = 'org.freedesktop.login1';

let root: TemporaryFolder;
let timer: ManualTimer;
let asked: string[];
/** Answers of commands by a word in their arguments. */
let answers: Record<string, string>;

const time = (some: Partial<IdleSourceParts> = {}): IdleTime => {
  const ask: IdleSourceParts['ask'] = (program, args) => {
    const word = Object.keys(answers).find((each) => [program, ...args].includes(each));
    asked.push([program, ...args].join(' '));
    return word === undefined
      ? Promise.reject(new Error(`${program}: no such name`))
      : Promise.resolve(answers[word] ?? '');
  };
  const wallClock = (): number => NOW;
  const parts = { platform: 'linux', ask, timer, wallClock, root: root.path, ...some } as const;
  return new IdleTime(idleSources(parts), timer);
};

/** Creates a terminal that was used some milliseconds ago. */
function terminal(name: string, idleMs: number): void {
  writeFileSync(root.file(`dev/${name}`), '');
  utimesSync(root.file(`dev/${name}`), (NOW - idleMs) / 1000, NOW / 1000);
}

beforeEach(() => {
  root = temporaryFolder();
  mkdirSync(root.file('dev/pts'), { recursive: true });
  timer = new ManualTimer();
  asked = [];
  answers = {};
});
afterEach(() => root.remove());

describe('Courtesy: time since the last input on Linux', () => {
  it('asks GNOME first, in milliseconds, and names it', async () => {
    answers = { [GNOME]: fixture('gnome-idle.json'), [KDE]: fixture('kde-idle.json') };
    expect(await time().read()).toEqual({ source: 'GNOME', idleMs: 83_412 });
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain('busctl --user --json=short');
  });

  it('asks KDE where there is no GNOME', async () => {
    answers = { [KDE]: fixture('kde-idle.json') };
    expect(await time().read()).toEqual({ source: 'KDE', idleMs: 5_120 });
  });

  it('takes the newest access to a console or an SSH terminal where there is no desktop', async () => {
    terminal('tty1', 900_000);
    terminal('pts/0', 62_000);
    terminal('pts/3', 7_000);
    // Neither is a terminal that a person types at.
    terminal('tty', 0);
    terminal('pts/ptmx', 0);
    expect(await time().read()).toEqual({ source: 'consoles and SSH', idleMs: 7_000 });
  });

  it('does not believe terminals while a graphical session is on', async () => {
    terminal('tty1', 900_000);
    mkdirSync(root.file('tmp/.X11-unix/X0'), { recursive: true });
    answers = { [LOGIND]: fixture('logind-idle.json') };
    expect(await time().read()).toEqual({ source: 'systemd-logind', idleMs: 300_000 });
    answers = { [LOGIND]: fixture('logind-busy.json') };
    expect(await time().read()).toEqual({ source: 'systemd-logind', idleMs: 0 });
  });

  it('is unknown with the reason of each source where none answers', async () => {
    const read = await time().read();
    expect(read).toBeInstanceOf(Unknown);
    expect((read as Unknown).reason).toMatch(/GNOME: .*; KDE: .*; consoles and SSH: .*terminal/);
  });

  it('is unknown, not idle, where an answer is not understood', async () => {
    answers = { [GNOME]: '{"type":"t","data":["soon"]}' };
    expect(await time().read()).toMatchObject({
      reason: expect.stringMatching(/GNOME: expected a time/) as string,
    });
  });

  it('keeps the source that answered, and asks the others after it failed three times', async () => {
    answers = { [KDE]: fixture('kde-idle.json') };
    const idle = time();
    await idle.read();
    answers = { [GNOME]: fixture('gnome-idle.json') };
    const reads = [await idle.read(), await idle.read(), await idle.read()];
    expect(reads.map((read) => (read instanceof Unknown ? 'unknown' : read.source))).toEqual([
      'unknown',
      'unknown',
      'GNOME',
    ]);
  });

  it('asks all sources anew at most each 30 seconds while none answers', async () => {
    const idle = time();
    await idle.read();
    const before = asked.length;
    await idle.read();
    expect(asked).toHaveLength(before);
    timer.advance(30_000);
    answers = { [GNOME]: fixture('gnome-idle.json') };
    expect(await idle.read()).toMatchObject({ source: 'GNOME' });
  });
});

describe('Courtesy: time since the last input under Electron', () => {
  it('is the figure of the system, in seconds', async () => {
    const read = time({ platform: 'win32', electronSeconds: () => 42 }).read();
    expect(await read).toMatchObject({ idleMs: 42_000 });
  });

  it('is unknown after ten minutes of zeros, which Wayland reports for ever', async () => {
    let seconds = 0;
    const idle = time({ platform: 'other' as NodeJS.Platform, electronSeconds: () => seconds });
    expect(await idle.read()).toMatchObject({ idleMs: 0 });
    timer.advance(599_000);
    expect(await idle.read()).toMatchObject({ idleMs: 0 });
    timer.advance(1_000);
    expect(await idle.read()).toBeInstanceOf(Unknown);
    seconds = 3;
    expect(await idle.read()).toMatchObject({ idleMs: 3_000 });
  });
});

describe('Courtesy: time since the last input on macOS', () => {
  it('is the least HIDIdleTime, which is in nanoseconds', async () => {
    answers = { ioreg: fixture('ioreg.txt') };
    expect(await time({ platform: 'darwin' }).read()).toEqual({ source: 'macOS', idleMs: 2_841.6 });
  });
});

describe('Courtesy: time since the last input on Windows', () => {
  const windows = (command: FollowedCommand): IdleTime =>
    time({ platform: 'win32', start: command.start });

  it('is what one long-lived PowerShell last wrote, and unknown when it is stale', async () => {
    const command = new FollowedCommand();
    const idle = windows(command);
    const first = idle.read();
    command.write('{"idleMs":1500}\r\n');
    expect(await first).toEqual({ source: 'Windows', idleMs: 1_500 });
    timer.advance(6_000);
    expect(await idle.read()).toBeInstanceOf(Unknown);
    expect(command.started).toHaveLength(1);
  });

  it('is unknown in a service, which sees no input', async () => {
    const command = new FollowedCommand();
    const first = windows(command).read();
    command.write('{"service":true}\r\n');
    expect(await first).toMatchObject({
      reason: expect.stringContaining('service') as string,
    });
  });
  it('is unknown when PowerShell is silent for 15 seconds', async () => {
    const first = windows(new FollowedCommand()).read();
    timer.advance(15_000);
    expect(await first).toMatchObject({ reason: expect.stringContaining('PowerShell') as string });
  });
});
