/** A disk of a test with a chosen size: tmpfs, which root can mount on Linux. */
import { execFileSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { temporaryFolder } from './temporary-folder.ts';

/** @param folder exists and is empty */
export class TinyDisk {
  readonly #folder: string;

  constructor(folder: string, size: string) {
    this.#folder = folder;
    system('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder);
  }

  /** @param options as mount(8) takes them, e.g. `ro` */
  remount(options: string): void {
    system('mount', '-o', `remount,${options}`, this.#folder);
  }

  unmount(): void {
    system('umount', '-l', this.#folder);
  }
}

function canMount(): boolean {
  const probe = temporaryFolder();
  try {
    new TinyDisk(probe.path, '64k').unmount();
    return true;
  } catch {
    return false;
  } finally {
    probe.remove();
  }
}

function system(command: string, ...parameters: string[]): void {
  execFileSync(command, parameters, { stdio: 'ignore' });
}

/** Reason why none is available here; null: it is. */
export const noTinyDisk: string | null =
  process.platform === 'linux' && userInfo().uid === 0 && canMount()
    ? null
    : 'needs root and mount(8) on Linux to make a tiny disk';
