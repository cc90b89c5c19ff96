/**
 * Starts, ends and buries this machine's worker processes, and says when one is gone and what it
 * left on its way out. Which slot needs a process, and when, is the scheduler's to decide.
 */
import { spawn as spawnProcess } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { parseSlot } from '../../core/device.ts';
import type { Device } from '../../core/device.ts';
import { WORKER_SETTINGS, parseWorkerNote } from '../../protocol/worker-settings.ts';
import type { WorkerSettings } from '../../protocol/worker-settings.ts';
import type { ProcessPin } from '../devices/pin-ways.ts';
import { availableCores } from '../../runtime/confinement.ts';
import { killGroup, killRest } from '../../runtime/process-group.ts';
import { Tail } from '../../runtime/tail.ts';

export interface WorkerExit {
  readonly slot: string;
  readonly incarnation: string;
  /** Null: ended by a signal, or never started. */
  readonly code: number | null;
  readonly signal: string | null;
  /** `us`: `kill` or `close` did it. */
  readonly by: 'us' | 'itself';
  /** As the process last said; null: it never did. */
  readonly rssPeakBytes: number | null;
  /** Its memory passed the limit, or V8's heap was full. */
  readonly overMemory: boolean;
  /** The last of what it wrote, for the error's text. */
  readonly lastWords: string;
}

export interface WorkerProcessesOptions {
  /** Absolute path of the worker's entry. */
  readonly entry: string;
  /** The Node to run it, default this process's own. */
  readonly execPath?: string;
  /** Arguments for Node before the entry. */
  readonly execArgv?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly controlEndpoint: string;
  readonly token: string;
  /** Absolute path of the folder `resources/`. */
  readonly resources: string;
  /** Absolute path of this user's folder. */
  readonly userFolder: string;
  /** True if programs of the lab's host may run; default: false. */
  readonly labPrograms?: boolean;
  /** This machine's devices: the worker of each slot is told its own. */
  readonly devices: readonly Device[];
  /** Restricts a device's workers to it; default: not at all. */
  readonly pinOf?: (device: Device) => ProcessPin;
  /** Most resident memory of one worker. */
  readonly memoryLimitBytes: number;
  /** Each worker's share of the machine's cores; absent: unknown. */
  readonly threads?: number;
  /** Milliseconds for which a starting process holds the next ones back. */
  readonly startingMs?: number;
  readonly onExit: (exit: WorkerExit) => void;
}

/**
 * V8's heap is limited to this share of a worker's memory: buffers and WebAssembly live outside it.
 */
const HEAP_SHARE = 0.75;

/**
 * Processes that start at once; the next starts when one of them has said something, has ended, or
 * took its time.
 */
const STARTING = Math.max(2, availableCores());
const STARTING_MS = 3_000;

/** Milliseconds for which a dead process's last words are waited for. */
const LAST_WORDS_MS = 20;

interface Worker {
  readonly slot: string;
  readonly incarnation: string;
  readonly lastWords: Tail;
  process: ChildProcess | null;
  startTimer: NodeJS.Timeout | undefined;
  /** Runs while the process starts. */
  startingTimer: NodeJS.Timeout | undefined;
  killTimer: NodeJS.Timeout | undefined;
  killed: boolean;
  rssPeakBytes: number | null;
}

export class WorkerProcesses {
  readonly #options: WorkerProcessesOptions;
  readonly #workers = new Map<string, Worker>();
  /** To be started, the first first. */
  #due: Worker[] = [];
  readonly #starting = new Set<Worker>();
  /** Timer during which no process starts; null: none is held back. */
  #held: NodeJS.Timeout | null = null;
  #closing = false;
  #whenEmpty: (() => void) | null = null;

  constructor(options: WorkerProcessesOptions) {
    this.#options = options;
  }

  /** Process ids by slot and incarnation, of those that run. */
  get running(): readonly {
    readonly slot: string;
    readonly incarnation: string;
    readonly pid: number;
  }[] {
    return [...this.#workers.values()].flatMap(({ slot, incarnation, process: child }) =>
      child?.pid === undefined ? [] : [{ slot, incarnation, pid: child.pid }],
    );
  }

  /**
   * Starts an incarnation of a slot's worker after a delay. The same call twice starts one
   * process.
   */
  spawn(slot: string, incarnation: string, afterMs: number): void {
    const key = keyOf(slot, incarnation);
    if (this.#closing || this.#workers.has(key)) return;
    const worker: Worker = {
      slot,
      incarnation,
      lastWords: new Tail(),
      process: null,
      startTimer: undefined,
      startingTimer: undefined,
      killTimer: undefined,
      killed: false,
      rssPeakBytes: null,
    };
    this.#workers.set(key, worker);
    worker.startTimer = setTimeout(() => {
      this.#due.push(worker);
      this.#startDue();
    }, afterMs);
  }

  /** Starts no process for a time, or until `startNow`. */
  holdStarts(ms: number): void {
    this.#held ??= setTimeout(() => this.startNow(), ms).unref();
  }

  /** Starts the processes that were held back. */
  startNow(): void {
    if (this.#held === null) return;
    clearTimeout(this.#held);
    this.#held = null;
    this.#startDue();
  }

  /**
   * Ends that incarnation after a delay, if it is still there; one that has not started never will.
   */
  kill(slot: string, incarnation: string, afterMs: number): void {
    const worker = this.#workers.get(keyOf(slot, incarnation));
    if (worker === undefined) return;
    if (afterMs > 0 && worker.process !== null) {
      worker.killTimer ??= setTimeout(() => this.#kill(worker), afterMs);
      return;
    }
    this.#kill(worker);
  }

  /**
   * Starts nothing more, lets go of those that run, which end when they notice, and kills what is
   * left after a time. Resolves when none is.
   */
  async close(graceMs: number): Promise<void> {
    this.#closing = true;
    if (this.#held !== null) clearTimeout(this.#held);
    for (const worker of [...this.#workers.values()]) {
      worker.killed = true;
      if (worker.process === null) this.#kill(worker);
      else if (worker.process.connected) worker.process.disconnect();
    }
    if (this.#workers.size === 0) return;
    const timer = setTimeout(() => {
      for (const worker of [...this.#workers.values()]) this.#kill(worker);
    }, graceMs);
    await new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    clearTimeout(timer);
  }

  /**
   * In steps: a hundred Node processes that start at once take a machine's cores and memory from
   * everything else.
   */
  #startDue(): void {
    if (this.#held !== null) return;
    while (this.#starting.size < STARTING) {
      const worker = this.#due.shift();
      if (worker === undefined) return;
      this.#starting.add(worker);
      worker.startingTimer = setTimeout(
        () => this.#hasStarted(worker),
        this.#options.startingMs ?? STARTING_MS,
      );
      this.#start(worker);
    }
  }

  #hasStarted(worker: Worker): void {
    clearTimeout(worker.startingTimer);
    if (this.#starting.delete(worker)) this.#startDue();
  }

  #start(worker: Worker): void {
    const {
      entry,
      execPath = process.execPath,
      execArgv = [],
      env = process.env,
      memoryLimitBytes,
    } = this.#options;
    const { controlEndpoint, token, resources, userFolder, pinOf, threads } = this.#options;
    const { labPrograms = false } = this.#options;
    const { slot, incarnation } = worker;
    const device = this.#deviceOf(slot);
    const folders = { resources, userFolder };
    const settings: WorkerSettings = {
      controlEndpoint,
      token,
      slot,
      incarnation,
      device,
      memoryLimitBytes,
      ...(threads === undefined ? {} : { threads }),
      ...(labPrograms ? { labPrograms } : {}),
      parent: process.pid,
      ...folders,
    };
    const heap = `--max-old-space-size=${Math.max(32, Math.floor((memoryLimitBytes * HEAP_SHARE) / 2 ** 20))}`;
    // Where `backend install` puts it, unless another is named; it need not be there.
    const tensorflow = env['GALAPAGOS_TENSORFLOW'] ?? join(userFolder, 'tensorflow');
    const pin = pinOf?.(device);
    const [program = execPath, ...args] = [
      ...(pin?.command ?? []),
      ...[execPath, ...execArgv, heap, entry],
    ];
    const child = spawnProcess(program, args, {
      env: {
        ...env,
        GALAPAGOS_TENSORFLOW: tensorflow,
        ...pin?.environment,
        [WORKER_SETTINGS]: JSON.stringify(settings),
      },
      // The channel is how the worker notices that this process is gone.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // A group of its own: it dies whole, and a Ctrl-C in the terminal does not reach it.
      detached: process.platform !== 'win32',
      windowsHide: true,
    });
    worker.process = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => worker.lastWords.add(chunk));
    child.on('message', (message) => {
      this.#hasStarted(worker);
      worker.rssPeakBytes = parseWorkerNote(message)?.rssPeakBytes ?? worker.rssPeakBytes;
    });
    child.once('error', (error) => {
      worker.lastWords.add(Buffer.from(`${error.message}\n`));
      if (child.pid === undefined) this.#gone(worker, null, null);
    });
    child.once('exit', (code, signal) => {
      killRest(child.pid);
      let timer: NodeJS.Timeout | undefined = undefined;
      const gone = (): void => {
        clearTimeout(timer);
        child.off('close', gone);
        this.#gone(worker, code, signal);
      };
      // On a busy machine the timer may be due before what has arrived is read.
      timer = setTimeout(() => setImmediate(gone), LAST_WORDS_MS);
      child.once('close', gone);
    });
  }

  #deviceOf(slot: string): Device {
    const { device: id } = parseSlot(slot);
    const device = this.#options.devices.find((each) => each.id === id);
    if (device === undefined) throw new Error(`slot ${slot}: this machine has no device ${id}`);
    return device;
  }

  #kill(worker: Worker): void {
    worker.killed = true;
    if (worker.process === null) this.#gone(worker, null, null);
    else killGroup(worker.process.pid, 'SIGKILL');
  }

  #gone(worker: Worker, code: number | null, signal: string | null): void {
    const { slot, incarnation, killed, rssPeakBytes } = worker;
    if (!this.#workers.delete(keyOf(slot, incarnation))) return;
    clearTimeout(worker.startTimer);
    clearTimeout(worker.killTimer);
    this.#due = this.#due.filter((due) => due !== worker);
    this.#hasStarted(worker);
    const lastWords = worker.lastWords.text();
    const overMemory =
      (rssPeakBytes ?? 0) > this.#options.memoryLimitBytes ||
      lastWords.includes('JavaScript heap out of memory');
    this.#options.onExit({
      slot,
      incarnation,
      code,
      signal,
      by: killed ? 'us' : 'itself',
      rssPeakBytes,
      overMemory,
      lastWords,
    });
    if (this.#workers.size === 0) this.#whenEmpty?.();
  }
}

function keyOf(slot: string, incarnation: string): string {
  return `${slot}#${incarnation}`;
}
