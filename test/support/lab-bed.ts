/**
 * Hosts of a test, made of network namespaces: a switch, and hosts that are connected to it by
 * links that a test can cut, slow down, delay, and make lossy. Contains nothing of Galapagos
 * (test/support/lab-hosts.ts runs its command in the hosts).
 *
 * Everything exists inside one holder process, which has its own network, mount and process
 * namespaces. When the holder's standard input closes, also because the test process was killed,
 * the kernel ends every process in them and removes the namespaces.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { userInfo } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Ended } from './built-command.ts';

const asRoot = process.platform === 'linux' && userInfo().uid === 0;

const unshareFlags = [
  ...(asRoot ? [] : ['--user', '--map-root-user']),
  '--net',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child=SIGKILL',
  '--mount-proc',
];

/** Returns the reason why `script` fails in a new set of namespaces; null: it succeeds. */
function whyFails(script: string, needs: string): string | null {
  if (process.platform !== 'linux') return 'needs Linux network namespaces';
  const tried = spawnSync('unshare', [...unshareFlags, 'sh', '-c', script], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'needs unshare (package util-linux)';
  const said = tried.stderr.trim().split('\n')[0] ?? '';
  return tried.status === 0 ? null : `needs ${needs}: ${said}`;
}

/** Reason why no bed can be made on this machine; null: one can. */
export const whyNoBed: string | null = whyFails(
  'nsenter -V >/dev/null && ip link set lo up && ip link add probe type veth',
  'the right to make network namespaces (packages util-linux, iproute2)',
);

/** Reason why links cannot lose packets here; null: they can. */
export function whyNoLoss(): string | null {
  return whyNoBed ?? whyFails('nft add table inet probe', 'nft (package nftables)');
}

/** Reason why links cannot be slowed down here; null: they can. */
export function whyNoRate(): string | null {
  const probe = 'tc qdisc add dev lo root tbf rate 1mbit burst 32kb latency 50ms';
  return whyNoBed ?? whyFails(probe, 'the queueing discipline tbf (package iproute2, sch_tbf)');
}

/** Reason why links cannot delay packets here; null: they can. */
export function whyNoDelay(): string | null {
  const probe = 'ethtool --version && python3 -c "import socket; socket.AF_PACKET"';
  return whyNoBed ?? whyFails(probe, 'ethtool and python3');
}

/** Forwards frames late. The queueing discipline netem does so too, but not every kernel has it. */
const wire = fileURLToPath(new URL('lab-wire.py', import.meta.url));

/** A process in a host. */
export interface HostProcess {
  /** The process that entered the namespaces; it ends with the process in the host. */
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Sends a signal to the process in the host, not to its children. */
  signal(signal: NodeJS.Signals): Promise<void>;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Called with each whole line of standard output as it arrives. */
  readonly line?: (text: string) => void;
  /** True if the command, a Node program, gets a channel for messages of this process. */
  readonly ipc?: boolean;
}

/** Begins the command line of a worker process, once it has set its title. */
export const WORKER_TITLE = 'galapagos worker ';

/** Name of a host: `h1`, `h2` …. */
export type HostName = `h${number}`;

type Holder = ChildProcessByStdio<Writable, Readable, null>;

export class LabBed {
  readonly hosts: readonly HostName[];
  readonly #holder: Holder;
  /** Answers of the holder, in the order of the commands it was given. */
  readonly #answers: AsyncIterableIterator<string>;
  /** Process id of the holder's shell, which is process 1 of its namespace. */
  readonly #pid: string;
  /** Settles with the last command given to the holder. */
  #last: Promise<unknown> = Promise.resolve();
  readonly #started: { readonly host: HostName; readonly process: ChildProcess }[] = [];

  private constructor(
    hosts: readonly HostName[],
    holder: Holder,
    answers: AsyncIterableIterator<string>,
  ) {
    this.hosts = hosts;
    this.#holder = holder;
    this.#answers = answers;
    const children = `/proc/${String(holder.pid)}/task/${String(holder.pid)}/children`;
    this.#pid = readFileSync(children, 'utf8').trim();
  }

  /** Makes a switch and `count` hosts, `h1` with the addresses 10.77.0.1 and fd77::1, and so on. */
  static async make(count: number): Promise<LabBed> {
    const hosts = Array.from({ length: count }, (_, index): HostName => `h${index + 1}`);
    const args = [...unshareFlags, 'sh', '-c', holderScript(hosts)];
    const holder = spawn('unshare', args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const answers = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
    const first = await answers.next();
    if (first.value !== 'ready') throw new Error('the namespaces could not be made (see stderr)');
    return new LabBed(hosts, holder, answers);
  }

  /** Returns the IPv4 address of a host. */
  address(host: HostName): string {
    return `10.77.0.${host.slice(1)}`;
  }

  /** Pulls the cable of a host: neither end receives anything from the other. */
  async cut(host: HostName): Promise<void> {
    await this.#tell(`ip -n sw link set ${host} down`);
  }

  /** Puts the cable of a host back. */
  async mend(host: HostName): Promise<void> {
    await this.#tell(`ip -n sw link set ${host} up`);
  }

  /** Limits the link of a host to `megabits` a second in each direction. */
  async rate(host: HostName, megabits: number): Promise<void> {
    const shape = `root tbf rate ${megabits}mbit burst 256kb latency 50ms`;
    await this.#tell(`ip netns exec ${host} tc qdisc replace dev eth0 ${shape}`);
    await this.#tell(`ip netns exec sw tc qdisc replace dev ${host} ${shape}`);
  }

  /** Drops `percent` of the packets that a host receives, at random; 0: none. */
  async lose(host: HostName, percent: number): Promise<void> {
    const nft = `ip netns exec ${host} nft`;
    await this.#tell(`${nft} add table inet loss`);
    await this.#tell(`${nft} flush table inet loss`);
    if (percent === 0) return;
    const chance = percent < 100 ? `numgen random mod 100 < ${percent}` : '';
    await this.#tell(
      `${nft} 'add chain inet loss input { type filter hook input priority 0; }; ` +
        `add rule inet loss input iif eth0 ${chance} drop'`,
    );
  }

  /**
   * Drops all that the present connections of a host send from now on, so that their peers do not
   * learn of their end.
   */
  async orphan(host: HostName): Promise<void> {
    const sockets = await this.run(host, ['ss', '--tcp', '--numeric', '--no-header']);
    const ports = [...sockets.matchAll(/10\.77\.0\.\d+\]?:(\d+)\s+\S+:\d+/g)].map(
      ([, port]) => port,
    );
    const nft = `ip netns exec ${host} nft`;
    await this.#tell(`${nft} add table inet orphans`);
    await this.#tell(
      `${nft} 'add chain inet orphans output { type filter hook output priority 0; }; ` +
        `add rule inet orphans output tcp sport { ${ports.join(', ')} } drop'`,
    );
  }

  /**
   * Delays the packets of a host by `ms` ± `jitterMs` in each direction, so that they overtake each
   * other. Its link cannot be cut or slowed down any more.
   */
  async delay(host: HostName, ms: number, jitterMs = 0): Promise<void> {
    const far = `${host}-far`;
    for (const each of this.hosts)
      await this.#tell(`ip netns exec ${each} ethtool -K eth0 tx off tso off gso off`);
    await this.#tell(`ip -n sw link set ${host} nomaster`);
    await this.#tell(`ip -n sw link add ${far} up type veth peer name ${host}-near`);
    await this.#tell(`ip -n sw link set ${host}-near up master br0`);
    const [delay, jitter] = [ms / 1000, jitterMs / 1000];
    await new Promise<void>((resolve, reject) => {
      const forwarding = this.#enter('sw', ['python3', wire, host, far, `${delay}`, `${jitter}`], {
        line: () => resolve(),
      });
      forwarding.ended.then(({ stderr }) => reject(new Error(`no delay: ${stderr}`)), reject);
    });
  }

  /** Mounts an empty disk on a folder, for processes of the bed that start from now on. */
  async mountDisk(folder: string, bytes: number): Promise<void> {
    await this.#tell(`mount -t tmpfs -o size=${bytes},mode=700 tmpfs ${folder}`);
  }

  /** Sends a signal to every process of a host. */
  async signal(host: HostName, signal: NodeJS.Signals): Promise<void> {
    const name = signal.slice('SIG'.length);
    await this.#tell(`for p in $(ip netns pids ${host}); do kill -${name} $p || true; done`);
    if (signal === 'SIGCONT') {
      for (const started of this.#started) if (started.host === host) awake(started.process);
    }
  }

  /** Sends a signal to the processes of a host whose command line contains a text. */
  async signalMatching(host: HostName, text: string, signal: NodeJS.Signals): Promise<void> {
    const name = signal.slice('SIG'.length);
    await this.#tell(
      `for p in $(ip netns pids ${host}); do ` +
        `grep -qF '${text}' /proc/$p/cmdline && kill -${name} $p; done; true`,
    );
  }

  /** Runs a command in a host to its end, and returns its standard output. */
  async run(host: HostName, command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.start(host, command).ended;
    if (code === 0) return stdout;
    throw new Error(`${host}: ${command.join(' ')} exited with ${String(code)}: ${stderr}`);
  }

  /** Starts a command in a host. It ends with the bed at the latest. */
  start(host: HostName, command: readonly string[], options: StartOptions = {}): HostProcess {
    const started = this.#enter(host, command, options);
    this.#started.push({ host, process: started.process });
    return started;
  }

  #enter(host: HostName | 'sw', command: readonly string[], options: StartOptions): HostProcess {
    // The shell tells its process id, which is that of the command, through descriptor 3.
    const inHost = ['setsid', 'sh', '-c', 'echo $$ >&3; exec 3>&-; exec "$@"', 'sh', ...command];
    const users = asRoot ? [] : ['-U', '--preserve-credentials'];
    const enter = ['-t', this.#pid, '-m', '-n', '-p', ...users, '--'];
    const args = [...enter, 'env', '-C', process.cwd(), 'ip', 'netns', 'exec', host, ...inHost];
    const child = spawn('nsenter', args, {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe', ...(options.ipc === true ? ['ipc' as const] : [])],
      env: { ...process.env, ...options.env },
    });
    const [, out, err, said] = child.stdio as unknown as [null, Readable, Readable, Readable];
    const pid = once(said, 'data').then(([bytes]) => String(bytes).trim());
    // A process that is never signalled may end without having been asked for its id.
    pid.catch(() => undefined);
    return {
      process: child,
      ended: outcome(child, out, err, options.line),
      signal: async (signal) => {
        await this.#tell(`kill -${signal.slice('SIG'.length)} ${await pid}`);
        if (signal === 'SIGCONT') awake(child);
      },
    };
  }

  /** Ends every process of the bed and removes its namespaces. */
  async close(): Promise<void> {
    if (this.#holder.exitCode !== null || this.#holder.signalCode !== null) return;
    const exited = once(this.#holder, 'exit');
    this.#holder.stdin.end();
    await exited;
  }

  /** Has the holder run a line of shell, after those it was given before. */
  #tell(line: string): Promise<void> {
    const told = this.#last.then(async () => {
      this.#holder.stdin.write(`${line.replaceAll('\n', ' ')}\n`);
      const answer = await this.#answers.next();
      if (answer.done === true) throw new Error(`the bed ended during: ${line}`);
      if (!answer.value.startsWith('0 ')) throw new Error(`${line}: ${answer.value}`);
    });
    this.#last = told.catch(() => undefined);
    return told;
  }
}

/** Returns a script that makes the hosts, then runs each line it reads and answers its status. */
function holderScript(hosts: readonly HostName[]): string {
  return [
    'set -e',
    'mount --make-rprivate /',
    'mkdir -p /run/netns 2>/dev/null || mount -t tmpfs none /run',
    'mkdir -p /run/netns',
    'mount -t tmpfs none /run/netns',
    'ip link set lo up',
    'ip netns add sw',
    'ip -n sw link set lo up',
    'ip -n sw link add br0 type bridge',
    'ip -n sw link set br0 up',
    ...hosts.flatMap((host, index) => [
      `ip netns add ${host}`,
      `ip link add ${host} netns sw type veth peer name eth0 netns ${host}`,
      `ip -n sw link set ${host} up master br0`,
      `ip -n ${host} link set lo up`,
      `ip -n ${host} addr add 10.77.0.${index + 1}/24 dev eth0`,
      `ip -n ${host} addr add fd77::${index + 1}/64 dev eth0 nodad`,
      `ip -n ${host} link set eth0 up`,
      // For discovery, which sends to a multicast group.
      `ip -n ${host} route add 224.0.0.0/4 dev eth0`,
    ]),
    'set +e',
    'echo ready',
    'while IFS= read -r line; do',
    '  said=$(eval "$line" 2>&1 </dev/null); status=$?',
    `  printf '%s %s\\n' "$status" "$(printf %s "$said" | tr '\\n' ' ')"`,
    'done',
  ].join('\n');
}

/** Continues nsenter, which stops itself when the process it waits for is stopped. */
function awake(nsenter: ChildProcess): void {
  nsenter.kill('SIGCONT');
}

function outcome(
  child: ChildProcess,
  out: Readable,
  err: Readable,
  line: StartOptions['line'],
): Promise<Ended> {
  const lines: string[] = [];
  let stderr = '';
  err.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const reading = createInterface({ input: out });
  reading.on('line', (text) => {
    lines.push(text);
    line?.(text);
  });
  const read = once(reading, 'close');
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      void read.then(() => resolve({ code, stdout: lines.join('\n'), stderr }));
    });
  });
}
