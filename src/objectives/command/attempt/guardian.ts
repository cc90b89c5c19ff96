/**
 * A shell beside the worker that kills the process groups and containers of its programs once the
 * worker is gone, however it went. It learns of a group before the group's program starts, and of
 * the worker's end by the end of its input. Windows has neither groups nor such a shell: `taskkill`
 * ends the tree of a worker that is ended in order.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { engineEnvironment } from './container.ts';
import type { NamedContainer } from './container.ts';
import { startable } from '../../../runtime/batch-file.ts';
import { killRest } from '../../../runtime/process-group.ts';

/**
 * Reads `+ <group>`, `- <group>`, `c <container> <engine>` and `x <container>`, ends the groups and
 * containers that are left, and deletes a folder. An engine may create a container in the moment in
 * which its command is killed, so containers are removed twice.
 */
const GUARD = `trap '' HUP INT TERM
groups=' '
containers=
line='
'
while read -r what group engine; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
    c) containers="$containers$group $engine$line" ;;
    x) after="\${containers#*$group }"
       containers="\${containers%%$group *}\${after#*$line}" ;;
  esac
done
for group in $groups; do kill -KILL -"$group" 2>/dev/null; done
remove() {
  printf %s "$containers" | while read -r name engine; do
    "$engine" rm -f "$name" </dev/null >/dev/null 2>&1
  done
}
remove
[ -z "$containers" ] || { command -p sleep 1; remove; }
command -p rm -rf -- "$1"`;

/** Starts a program once a line arrives on descriptor 3, and never if that closes first. */
const WAIT = 'read -r _ <&3 || exit 0; exec 3<&-; exec "$@"';

export interface LaunchOptions {
  /** Absolute path of the program. */
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** The container that the program, a command of its engine, runs; absent: none. */
  readonly container?: NamedContainer;
}

export class Guardian {
  #shell: ChildProcess | null = null;
  readonly #groups = new Set<number>();
  /** Engines by container. */
  readonly #containers = new Map<string, string>();
  readonly #folder: string;

  /** @param folder deleted when this process is gone */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Starts to watch this process. To be called before the folder is created, which stays otherwise
   * if this process is killed before its first program starts.
   */
  watch(): void {
    if (process.platform !== 'win32') this.#start();
  }

  /**
   * Starts a program that leads a process group, which does not outlive this process. Its standard
   * input is empty.
   */
  launch({ program, args, folder, env, container }: LaunchOptions): ChildProcess {
    if (process.platform === 'win32') {
      const { program: started, args: words, ...quoting } = startable(program, args);
      const options = { cwd: folder, env, windowsHide: true, ...quoting } as const;
      return spawn(started, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
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
    if (container !== undefined) {
      this.#containers.set(container.name, container.engine);
      shell.stdin?.write(`c ${container.name} ${container.engine}\n`);
    }
    const start = child.stdio[3] as Writable;
    // The program may have been killed before it was started.
    start.on('error', () => undefined);
    start.end('\n');
    return child;
  }

  /** Kills what is left of the group of a program that has ended. */
  bury(pid: number | undefined): void {
    killRest(pid);
    if (pid !== undefined && this.#groups.delete(pid)) this.#shell?.stdin?.write(`- ${pid}\n`);
  }

  /**
   * Ends the shell, which ends what is left and deletes the folder, as when this process is gone.
   */
  close(): void {
    const shell = this.#shell;
    this.#shell = null;
    shell?.stdin?.end();
  }

  /** Forgets a container that its engine has removed. */
  removed({ name }: NamedContainer): void {
    if (this.#containers.delete(name)) this.#shell?.stdin?.write(`x ${name}\n`);
  }

  #start(): ChildProcess {
    if (this.#shell !== null) return this.#shell;
    const shell = spawn('/bin/sh', ['-c', GUARD, 'sh', this.#folder], {
      cwd: '/',
      env: engineEnvironment(),
      stdio: ['pipe', 'ignore', 'ignore'],
      // Whatever kills the worker's group must not kill the guardian.
      detached: true,
    });
    const gone = (): void => {
      if (this.#shell !== shell) return;
      this.#shell = null;
      if (this.#groups.size + this.#containers.size > 0) this.#start();
    };
    shell.once('error', gone);
    shell.once('exit', gone);
    // A guardian that was killed is replaced.
    shell.stdin.on('error', () => undefined);
    for (const group of this.#groups) shell.stdin.write(`+ ${group}\n`);
    for (const [name, engine] of this.#containers) shell.stdin.write(`c ${name} ${engine}\n`);
    shell.unref();
    (shell.stdin as Writable & { unref?: () => void }).unref?.();
    this.#shell = shell;
    return shell;
  }
}
