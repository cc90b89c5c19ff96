/**
 * Identifies the process that writes a lab file and whether it still lives. Compares the start time
 * as well as the pid, because a pid can be reused after a kill.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Holder } from '../protocol/lab-file.ts';

export function thisProcess(): Holder {
  return { pid: process.pid, start: startOf(process.pid) ?? '', host: thisHost() };
}

export function isHere(holder: Holder): boolean {
  return holder.host === thisHost();
}

/** Returns whether a process of this host lives. */
export function isAlive(holder: Holder): boolean {
  return startOf(holder.pid) === holder.start;
}

/** Identifies the host and, on Linux, the pid namespace: containers have their own. */
function thisHost(): string {
  if (process.platform !== 'linux') return hostname();
  try {
    return `${hostname()} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

/**
 * Returns a text that two processes with the same pid never share; null if no such process runs.
 */
function startOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') return linuxStart(pid);
    if (process.platform === 'win32') return windowsStart(pid);
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return text.trim() || null;
  } catch {
    return null;
  }
}

/** Start time in clock ticks since boot, with the boot's id. Null for a zombie, which has ended. */
function linuxStart(pid: number): string | null {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The second field is the program's name in parentheses, which may itself contain spaces and
  // parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()} ${fields[19] ?? ''}`;
}

function windowsStart(pid: number): string | null {
  const command = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`;
  const text = execFileSync(
    'powershell.exe',
    ['-NoProfile', '-NonInteractive', '-Command', command],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
    },
  );
  return text.trim() || null;
}
