/** Sources of the time since the last input, by system, in the order in which they are asked. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { foundText } from '../../protocol/problems.ts';
import { systemTimer } from '../../runtime/timer.ts';
import type { Timer } from '../../runtime/timer.ts';
import { Unknown } from '../machine/utilisation/figure.ts';
import type { StartSmi } from '../machine/utilisation/nvidia-smi.ts';
import { Followed, askSystem, startSystem } from './commands.ts';
import type { Ask } from './commands.ts';
import type { IdleSource } from './idle-time.ts';
import { POWERSHELL_ARGS } from './windows-input.ts';

export interface IdleSourceParts {
  readonly platform: NodeJS.Platform;
  readonly ask: Ask;
  readonly start: StartSmi;
  readonly timer: Timer;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Folder that `/dev` and `/tmp` are in. */
  readonly root: string;
  /** Seconds since the last input as Electron reports them; absent: no Electron. */
  readonly electronSeconds?: () => number;
}

/** Milliseconds of zeros after which Electron's figure is not believed: Wayland has no other. */
const ZEROS_MS = 10 * 60_000;
/** Milliseconds for which the first line of PowerShell is waited for. */
const FIRST_LINE_MS = 15_000;
/** Milliseconds after which a line of a long-lived command is stale. */
const STALE_MS = 5_000;

const systemParts: IdleSourceParts = {
  platform: process.platform,
  ask: askSystem,
  start: startSystem,
  timer: systemTimer,
  wallClock: Date.now,
  root: '/',
};

export function idleSources(some: Partial<IdleSourceParts> = {}): readonly IdleSource[] {
  const parts = { ...systemParts, ...some };
  const { electronSeconds } = parts;
  const own = electronSeconds === undefined ? [] : [electron(electronSeconds, parts.timer)];
  const { platform } = parts;
  if (platform === 'linux')
    return [gnome(parts), kde(parts), ...own, terminals(parts), logind(parts)];
  if (platform === 'win32') return [...own, windows(parts)];
  return platform === 'darwin' ? [...own, ioreg(parts)] : own;
}

function electron(seconds: () => number, timer: Timer): IdleSource {
  let zerosSince: number | null = null;
  return {
    name: 'the system, as Electron reports it',
    read: () => {
      const found = seconds();
      if (found > 0) zerosSince = null;
      else zerosSince ??= timer.now();
      const zeros = zerosSince !== null && timer.now() - zerosSince >= ZEROS_MS;
      return Promise.resolve(
        zeros ? new Unknown('it reports 0 without end, as under Wayland') : found * 1000,
      );
    },
  };
}

const BUSCTL = ['--json=short', '--timeout=1', '--auto-start=no'];
const milliseconds = z.object({ data: z.tuple([z.number().min(0)]) });

/** Calls a method of the session bus that returns milliseconds. */
function sessionCall(name: string, call: readonly string[], { ask }: IdleSourceParts): IdleSource {
  return {
    name,
    read: async () => {
      const text = await ask('busctl', ['--user', ...BUSCTL, 'call', ...call]);
      return parsed(milliseconds, text).data[0];
    },
  };
}

function gnome(parts: IdleSourceParts): IdleSource {
  const service = 'org.gnome.Mutter.IdleMonitor';
  const call = [service, '/org/gnome/Mutter/IdleMonitor/Core', service, 'GetIdletime'];
  return sessionCall('GNOME', call, parts);
}

function kde(parts: IdleSourceParts): IdleSource {
  const service = 'org.freedesktop.ScreenSaver';
  const call = [service, '/org/freedesktop/ScreenSaver', service, 'GetSessionIdleTime'];
  return sessionCall('KDE', call, parts);
}

/**
 * Consoles and SSH: the newest access to a terminal. Not asked while a graphical session is on,
 * whose input does not pass through a terminal.
 */
function terminals({ root, wallClock }: IdleSourceParts): IdleSource {
  return {
    name: 'consoles and SSH',
    read: async () => {
      const screens = await readdir(join(root, 'tmp/.X11-unix')).catch(() => []);
      if (screens.length > 0)
        return new Unknown('a graphical session is on, whose input terminals do not show');
      const dev = join(root, 'dev');
      const consoles = (await readdir(dev)).filter((name) => /^tty\d+$/.test(name));
      const pts = await readdir(join(dev, 'pts')).catch(() => []);
      const remote = pts.filter((name) => /^\d+$/.test(name)).map((name) => join('pts', name));
      const times = await Promise.all(
        [...consoles, ...remote].map(async (name) => {
          // A terminal may close between the two calls.
          const found = await stat(join(dev, name)).catch(() => null);
          return found?.atimeMs ?? -Infinity;
        }),
      );
      const newest = Math.max(...times);
      if (!Number.isFinite(newest)) return new Unknown('there is no terminal');
      return Math.max(0, wallClock() - newest);
    },
  };
}

const idleHint = z.object({ data: z.boolean() });
const idleSince = z.object({ data: z.number() });

function logind({ ask, wallClock }: IdleSourceParts): IdleSource {
  return {
    name: 'systemd-logind',
    read: async () => {
      const service = 'org.freedesktop.login1';
      const place = [service, '/org/freedesktop/login1', `${service}.Manager`];
      const properties = ['IdleHint', 'IdleSinceHint'];
      const text = await ask('busctl', [...BUSCTL, 'get-property', ...place, ...properties]);
      const [hint = '', since = ''] = text.split('\n');
      if (!parsed(idleHint, hint).data) return 0;
      // In microseconds since 1970; 0: never.
      const { data } = parsed(idleSince, since);
      return data === 0 ? new Unknown('no session was ever used') : wallClock() - data / 1000;
    },
  };
}

function ioreg({ ask }: IdleSourceParts): IdleSource {
  return {
    name: 'macOS',
    read: async () => {
      const text = await ask('ioreg', ['-c', 'IOHIDSystem', '-d', '4']);
      const found = [...text.matchAll(/"HIDIdleTime"\s*=\s*(\d+)/g)].map(([, ns]) => Number(ns));
      if (found.length > 0) return Math.min(...found) / 1e6;
      return new Unknown('ioreg names no HIDIdleTime');
    },
  };
}

const windowsLine = z.union([
  z.object({ idleMs: z.number().min(0) }),
  z.object({ service: z.literal(true) }),
]);

/** One long-lived PowerShell, started when it is first asked. */
function windows({ start, timer }: IdleSourceParts): IdleSource {
  let followed: Followed | null = null;
  let last: { readonly line: z.output<typeof windowsLine>; readonly at: number } | null = null;
  let strange: string | null = null;
  let answered: () => void = () => undefined;
  /** Resolves with the first line, or when it is late. */
  let first: Promise<void> | null = null;
  const follow = (): Promise<void> =>
    new Promise((resolve) => {
      const forget = timer.after(FIRST_LINE_MS, resolve);
      answered = () => {
        forget();
        resolve();
      };
      followed = new Followed({
        program: 'powershell.exe',
        args: POWERSHELL_ARGS,
        timer,
        start,
        take: (text) => {
          if (text.trim() === '') return;
          try {
            last = { line: parsed(windowsLine, text), at: timer.now() };
          } catch (error) {
            strange = String(error);
          }
          answered();
        },
      });
    });
  return {
    name: 'Windows',
    read: async () => {
      await (first ??= follow());
      const reason = followed?.trouble ?? strange ?? 'PowerShell does not answer';
      if (last === null || timer.now() - last.at > STALE_MS) return new Unknown(reason);
      return 'idleMs' in last.line
        ? last.line.idleMs
        : new Unknown('a service sees no input: run Galapagos in the user’s session');
    },
    stop: () => followed?.stop(),
  };
}

/** @throws Error naming what was found */
function parsed<Schema extends z.ZodType>(schema: Schema, text: string): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = text;
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  throw new Error(`expected a time, found ${foundText(json)}`);
}
