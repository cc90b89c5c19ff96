/**
 * A shell beside the worker that kills the process groups of its programs once the worker is gone,
 * however it went. It learns of a group before the group's program starts, and of the worker's end
 * by the end of its input. Windows has neither groups nor such a shell: `taskkill` ends the tree of
 * a worker that is ended in order.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { killGroup } from '../../runtime/process-group.ts';

/** Reads `+ <group>` and `- <group>`, kills the groups that are left, and deletes a folder. */
const GUARD = `trap '' HUP INT TERM
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL -"$group" 2>/dev/null; done
command -p rm -rf -- "$1"`;

/** Starts a program once a line arrives on descriptor 3, and never if that closes first. */
const WAIT = 'read -r _ <&3 || exit 0; exec 3<&-; exec "$@"';

export interface LaunchOptions {
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

export class Guardian {
  #shell: ChildProcess | null = null;
  readonly #groups = new Set<number>();
  readonly #folder: string;

  /** @param folder deleted when this process is gone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Starts a program that leads a process group, which does not outlive this process. Its standard
   * input is empty.
   */
  launch({ program, args, folder, env }: LaunchOptions): ChildProcess {
    if (process.platform === 'win32') {
      const options = { cwd: folder, env, windowsHide: true } as const;
      return spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    }
    const shell = this.#start();
    const child = spawn('/bin/sh', ['-c', WAIT, 'sh', program, ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const { pid } = child;
    if (pid === undefined) return child;
    this.#groups.add(pid);
    shell.stdin?.write(`+ ${pid}\n`);
    const start = child.stdio[3] as Writable;
    // The program may have been killed before it was started.
    start.on('error', () => undefined);
    start.end('\n');
    return child;
  }

  /** Kills what is left of a program's group. */
  bury(pid: number | undefined): void {
    killGroup(pid, 'SIGKILL');
    if (pid !== undefined && this.#groups.delete(pid)) this.#shell?.stdin?.write(`- ${pid}\n`);
  }

  /** Ends the shell, which deletes the folder. Call it when no program runs. */
  close(): void {
    const shell = this.#shell;
    this.#shell = null;
    shell?.stdin?.end();
  }

  #start(): ChildProcess {
    if (this.#shell !== null) return this.#shell;
    const shell = spawn('/bin/sh', ['-c', GUARD, 'sh', this.#folder], {
      cwd: '/',
      env: {},
      stdio: ['pipe', 'ignore', 'ignore'],
      // Whatever kills the worker's group must not kill the guardian.
      detached: true,
    });
    const gone = (): void => {
      if (this.#shell !== shell) return;
      this.#shell = null;
      if (this.#groups.size > 0) this.#start();
    };
    shell.once('error', gone);
    shell.once('exit', gone);
    // A guardian that was killed is replaced.
    shell.stdin.on('error', () => undefined);
    for (const group of this.#groups) shell.stdin.write(`+ ${group}\n`);
    shell.unref();
    (shell.stdin as Writable & { unref?: () => void }).unref?.();
    this.#shell = shell;
    return shell;
  }
}
